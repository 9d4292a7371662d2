// XMP as text: the original's packet, upright and without thumbnails, with the mark that its colours are synthetic. A worker
// has no XML parser, so this changes single properties and leaves the rest as it stands.
// The mark: IPTC Photo Metadata, Digital Source Type, http://cv.iptc.org/newscodes/digitalsourcetype/

/** What fits into a JPEG's segment, so that every format keeps the same. */
export const MAX_XMP = 65_502;

const SOURCE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const IPTC = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';

const THUMBNAILS = ['xmp:Thumbnails', 'xap:Thumbnails'];
const TURNED = /(tiff:Orientation(?:\s*=\s*["']|>)\s*)[0-9]/g;
// Bounded, so that a packet made for it takes no time.
const OLD_ELEMENT = /<(\w{1,32}):DigitalSourceType\b[^>]{0,512}(?:\/>|>[^<]{0,512}<\/\1:DigitalSourceType>)/g;
const OLD_ATTRIBUTE = /\s\w{1,32}:DigitalSourceType\s{0,8}=\s{0,8}("[^"]{0,512}"|'[^']{0,512}')/g;
const END = '<?xpacket end';

/**
 * @param original empty if the picture had none.
 * @param synthetic whether to say so.
 * @returns empty if there is nothing to say; undefined if the original cannot be kept.
 */
export function cleanXmp(original: string, synthetic: boolean): string | undefined {
  if (!original) return synthetic ? freshXmp() : '';
  const upright = withoutPadding(THUMBNAILS.reduce(without, original).replace(TURNED, (_, property: string) => `${property}1`));
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

/** Without the elements of a name. A lazy pattern would search to the end for each that is not closed. */
function without(xmp: string, name: string): string {
  let kept = '';
  let rest = 0;
  for (;;) {
    const start = xmp.indexOf(`<${name}`, rest);
    const end = start < 0 ? -1 : xmp.indexOf(`</${name}>`, start);
    if (end < 0) return kept + xmp.slice(rest);
    kept += xmp.slice(rest, start);
    rest = end + name.length + 3;
  }
}

function withoutPadding(xmp: string): string {
  const end = xmp.lastIndexOf(END);
  return end < 0 ? xmp : `${xmp.slice(0, end).trimEnd()}\n${xmp.slice(end)}`;
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
