// XMP as text: the original's packet, upright and without thumbnails, with the mark that its colours are synthetic. A worker
// has no XML parser, so this changes single properties and leaves the rest as it stands.
// The mark: IPTC Photo Metadata, Digital Source Type, http://cv.iptc.org/newscodes/digitalsourcetype/

/** What fits into a JPEG's segment, so that every format keeps the same. */
export const MAX_XMP = 65_502;

const SOURCE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const IPTC = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';

const THUMBNAILS = /<(xmp|xap):Thumbnails\b[^]*?<\/\1:Thumbnails>/g;
const TURNED = /(tiff:Orientation(?:\s*=\s*["']|>)\s*)[0-9]/g;
const OLD_ELEMENT = /\s*<(\w+):DigitalSourceType\b[^>]*(?:\/>|>[^]*?<\/\1:DigitalSourceType>)/g;
const OLD_ATTRIBUTE = /\s\w+:DigitalSourceType\s*=\s*("[^"]*"|'[^']*')/g;
const PADDING = /\s+(?=<\?xpacket end)/;

/**
 * @param original empty if the picture had none.
 * @param synthetic whether to say so.
 * @returns empty if there is nothing to say; undefined if the original cannot be kept.
 */
export function cleanXmp(original: string, synthetic: boolean): string | undefined {
  if (!original) return synthetic ? freshXmp() : '';
  const upright = original.replace(THUMBNAILS, '').replace(TURNED, (_, property: string) => `${property}1`).replace(PADDING, '\n');
  const cleaned = synthetic ? marked(upright) : upright;
  return cleaned && new TextEncoder().encode(cleaned).length <= MAX_XMP ? cleaned : undefined;
}

/** Nothing but the mark. */
export function freshXmp(): string {
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="${RDF}">`,
    mark('""'),
    '</rdf:RDF></x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('\n');
}

function marked(xmp: string): string | undefined {
  const end = xmp.lastIndexOf('</rdf:RDF>');
  if (end < 0) return undefined; // another prefix than everybody's, or no XMP at all
  // All descriptions of a packet are about the same.
  const about = /rdf:about\s*=\s*("[^"]*"|'[^']*')/.exec(xmp)?.[1] ?? '""';
  return `${xmp.slice(0, end).replace(OLD_ELEMENT, '').replace(OLD_ATTRIBUTE, '')}${mark(about)}\n${xmp.slice(end)}`;
}

function mark(about: string): string {
  return `<rdf:Description rdf:about=${about} xmlns:Iptc4xmpExt="${IPTC}" Iptc4xmpExt:DigitalSourceType="${SOURCE}"/>`;
}
