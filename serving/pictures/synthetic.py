"""The mark that a file's colours are a model's: IPTC's Digital Source Type, in XMP.

    xmp = mark_synthetic(picture.metadata.xmp)

Archives and platforms that read it can tell a coloured photograph from a colour photograph. Term:
http://cv.iptc.org/newscodes/digitalsourcetype/; place: IPTC Photo Metadata Standard, Iptc4xmpExt:DigitalSourceType. The
page writes the same (web/src/worker/files/xmp.ts).
"""

from __future__ import annotations

import re

SOURCE = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
LONGEST_MARK = 512  # bytes that it takes at most in a packet of somebody else's
_END = b"</rdf:RDF>"
_ABOUT = re.compile(rb"rdf:about\s*=\s*(\"[^\"]{0,128}\"|'[^']{0,128}')")
# bounded, so that a packet made for it takes no time
_OLD = re.compile(
    rb"<(\w{1,32}):DigitalSourceType\b[^>]{0,512}(?:/>|>[^<]{0,512}</\1:DigitalSourceType>)"
    rb"|\s\w{1,32}:DigitalSourceType\s{0,8}=\s{0,8}(?:\"[^\"]{0,512}\"|'[^']{0,512}')"
)
_EMPTY = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def is_packet(xmp: bytes) -> bool:
    """Whether it has the element that all of XMP stands in, by the name that everybody gives it."""
    return _END in xmp


def mark_synthetic(xmp: bytes) -> bytes:
    """The packet with the mark, in place of what it said of its source before.

    Args:
        xmp: UTF-8; one of nothing but the mark is made if that is no packet.
    """
    if not is_packet(xmp):
        xmp = _EMPTY
    about = _ABOUT.search(xmp)  # all descriptions of a packet are about the same
    mark = b'<rdf:Description rdf:about=%b xmlns:Iptc4xmpExt="%b" Iptc4xmpExt:DigitalSourceType="%b"/>\n' % (
        about[1] if about else b'""',
        b"http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        SOURCE,
    )
    said, end, rest = xmp.rpartition(_END)
    return _OLD.sub(b"", said) + mark + end + rest
