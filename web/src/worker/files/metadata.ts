// What a file says beside its pixels, from opening until it is said again, as far as it still holds, in the coloured file.

import type { Bytes } from './bytes';
import { readDirectories } from './directories';
import { bareExif, cleanExif, MAX_EXIF, orientationOf, resolutionOf } from './exif';
import { isForeign, srgbProfile } from './profile';
import { cleanXmp, freshXmp } from './xmp';

export { MAX_XMP } from './xmp';

/** Printers' have 2 MB. */
export const MAX_PROFILE = 4 << 20;
const MAX_DPI = 65_535;

/** As it stands in a file. */
export interface Found {
  /** A TIFF structure, II or MM first. */
  exif?: Bytes | undefined;
  xmp?: string | undefined;
  /** Pixels per inch, across and down as they are stored. */
  dpi?: [number, number] | undefined;
  /** ICC. */
  profile?: Bytes | undefined;
}

/** Of an opened picture. */
export interface Metadata {
  exif?: Bytes | undefined;
  xmp: string;
  /** Of the upright picture. */
  dpi?: [number, number] | undefined;
  /** How the stored pixels have to be turned, 1 to 8, as EXIF counts. */
  orientation: number;
  /** There is a colour profile of another space than sRGB, which the pixels have been taken out of. */
  foreignProfile: boolean;
  /** Something could not be read. */
  damaged: boolean;
}

/** Fit to be written. */
export interface Kept {
  exif?: Bytes | undefined;
  xmp: string;
  dpi?: readonly [number, number] | undefined;
  profile: Bytes;
}

export const NO_METADATA: Metadata = { xmp: '', orientation: 1, foreignProfile: false, damaged: false };

/** Damaged metadata is no reason to refuse a picture: what can be read of it is kept. */
export async function metadataOf(read: () => Found | Promise<Found>): Promise<Metadata> {
  let damaged = false;
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch {
      damaged = true;
      return undefined;
    }
  };
  const { exif, xmp = '', dpi: stated, profile } = (await attempt(read)) ?? {};
  const directories = exif && (await attempt(() => readDirectories(exif)));
  const orientation = directories ? orientationOf(directories) : 1;
  const dpi = usable((directories && resolutionOf(directories)) ?? stated);
  return {
    exif: directories && exif.slice(), // what points into the file would keep all of it in memory
    xmp,
    dpi: dpi && orientation > 4 ? [dpi[1], dpi[0]] : dpi,
    orientation,
    foreignProfile: profile !== undefined && isForeign(profile),
    damaged,
  };
}

/**
 * What can be said of the coloured picture.
 * @param synthetic its colours are a model's.
 */
export function kept(
  metadata: Metadata,
  { width, height, synthetic, type }: { width: number; height: number; synthetic: boolean; type: string },
): Kept & { dropped: boolean } {
  const { dpi } = metadata;
  let exif = metadata.exif && cleanExif(metadata.exif, { width, height, dpi });
  const tooLong = (exif?.length ?? 0) > MAX_EXIF;
  if (tooLong || exif?.length === 0) exif = undefined;
  // WebP has no other place for it.
  if (!exif && dpi && type === 'image/webp') exif = bareExif(dpi);
  const xmp = cleanXmp(metadata.xmp, synthetic);
  const profile = srgbProfile();
  return {
    exif,
    xmp: xmp ?? (synthetic ? freshXmp() : ''),
    dpi,
    profile,
    dropped: metadata.damaged || tooLong || xmp === undefined,
  };
}

function usable(dpi: [number, number] | undefined): [number, number] | undefined {
  return dpi?.every((each) => each >= 1 && each <= MAX_DPI) ? dpi : undefined;
}
