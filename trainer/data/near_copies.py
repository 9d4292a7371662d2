"""Which pictures are copies of one another, exact or nearly: saved again, made smaller, retouched a little.

    hashes, thumbnails = zip(*(fingerprint(picture) for picture in pictures))
    groups = copy_groups(np.array(hashes), np.stack(thumbnails))       # copies share a number

Two are copies when their difference hashes (64 bits, horizontal gradients) differ in at most 4 bits and their grey
thumbnails correlate above 0.93. Mirrored, turned and strongly cropped copies are not found.
"""

from __future__ import annotations

import imagehash
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

MOST_BITS = 4  # that two hashes of copies differ in
LEAST_CORRELATION = 0.93  # of thumbnails; the hash alone takes every two flat backgrounds for copies
THUMBNAIL = 32  # pixels a side
_BLOCK = 128  # hashes compared with all others at once: 25,000 of them need 26 MB
_CANDIDATES = 4096  # thumbnail pairs correlated at once: 32 MB


def fingerprint(picture: Image.Image) -> tuple[np.uint64, np.ndarray]:
    """(difference hash, grey thumbnail uint8 [32, 32]) of a picture of any size."""
    grey = picture.convert("L")
    bits = np.packbits(imagehash.dhash(grey).hash)
    return bits.view(np.uint64)[0], np.asarray(grey.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX))


def copy_groups(hashes: np.ndarray, thumbnails: np.ndarray) -> np.ndarray:
    """Hashes uint64 [N] and thumbnails uint8 [N, 32, 32] -> the number of each picture's group, int [N].

    A picture without copies is alone in its group. A copy of a copy is in the group too.
    """
    if not len(hashes):
        return np.zeros(0, int)
    # A thousand "not available" placeholders are half a million pairs: equal thumbnails are looked at once.
    rows = thumbnails.reshape(len(thumbnails), -1)
    _, first, same_as = np.unique(rows.view(f"V{rows.shape[1]}")[:, 0], return_index=True, return_inverse=True)
    left, right = _pairs(hashes[first], rows[first])
    links = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(first), len(first)))
    return connected_components(links, directed=False)[1][same_as]


def _pairs(hashes: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = [np.zeros((0, 2), int)]
    for start in range(0, len(hashes), _BLOCK):
        distances = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:])
        close = np.argwhere(distances <= MOST_BITS) + start
        close = close[close[:, 0] < close[:, 1]]
        for some in np.split(close, range(_CANDIDATES, len(close), _CANDIDATES)):
            pairs.append(some[_correlation(rows[some[:, 0]], rows[some[:, 1]]) > LEAST_CORRELATION])
    left, right = np.concatenate(pairs).T
    return left, right


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's, row by row; 0 where a row is flat."""
    a, b = (each - each.mean(axis=1, keepdims=True, dtype=np.float32) for each in (a, b))
    norm = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return (a * b).sum(axis=1) / np.maximum(norm, np.finfo(np.float32).tiny)
