"""How good a colouring is, next to the truth and by itself. Pictures are arrays of 0..255, [H, W, 3], sRGB.

psnr(result, truth); ssim(result, truth); mae(result, truth)
frechet_distance(judge.features(results), judge.features(truths))
"""

from __future__ import annotations

import numpy as np
from skimage.metrics import structural_similarity

from trainer.colour import CHROMA_UNIT, PIXEL_MAX, rgb_to_ab, to_unit


def psnr(result: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, over all three channels; infinite for equal pictures."""
    error = np.mean((np.asarray(result, np.float64) - truth) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(PIXEL_MAX**2 / error))


def ssim(result: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity -1..1, 1 for equal pictures (Wang, Bovik, Sheikh and Simoncelli 2004).

    With the paper's settings: a Gaussian window of sigma 1.5, 11 pixels wide, no sample covariance; the mean of the
    three colour channels. Raises ValueError for pictures smaller than the window.
    """
    return float(
        structural_similarity(
            np.asarray(result, np.float64),
            np.asarray(truth, np.float64),
            data_range=PIXEL_MAX,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def mae(result: np.ndarray, truth: np.ndarray) -> float:
    """Mean absolute error 0..255, over all three channels."""
    return float(np.mean(np.abs(np.asarray(result, np.float64) - truth)))


def mean_ab(picture: np.ndarray) -> np.ndarray:
    """Mean a* and b* in Lab units, [2]; the result's less the truth's is the cast."""
    return rgb_to_ab(to_unit(np.asarray(picture, np.float32))).mean(axis=(0, 1)) * CHROMA_UNIT


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Squared Frechet distance of the Gaussians fitted to features a [N, D] and b [M, D]; 0 for equal sets.

    |mean_a - mean_b|^2 + trace(C_a + C_b - 2 (C_a C_b)^(1/2)), with sample covariances C (Dowson and Landau 1982;
    Heusel et al. 2017 took it for pictures, on features of Inception). The fewer the rows, the larger it comes out:
    compare only distances over equally many pictures. Raises ValueError for fewer than two rows, different D, or NaN.
    """
    for features in (a, b):
        fits = features.ndim == 2 and len(features) >= 2 and features.shape[1] == a.shape[1]
        if not fits or not np.isfinite(features).all():
            raise ValueError(
                f"The Frechet distance got features {list(a.shape)} and {list(b.shape)}. Expected [N, D] and [M, D] of "
                "finite numbers with N and M at least 2; score more pictures."
            )
    a, b = a.astype(np.float64), b.astype(np.float64)
    means = a.mean(axis=0) - b.mean(axis=0)
    # C = R'R. C_a C_b has the eigenvalues of (R_a R_b')(R_a R_b')', so its root's trace is a sum of singular values:
    # real, and right for singular covariances (N < D), where a general matrix root is neither.
    root_a, root_b = _root(a), _root(b)
    shared = np.linalg.norm(root_a @ root_b.T, "nuc")
    return float(max(means @ means + (root_a**2).sum() + (root_b**2).sum() - 2 * shared, 0.0))


def _root(features: np.ndarray) -> np.ndarray:
    """R of the features' sample covariance R'R, [min(N, D), D]."""
    deviations = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.asarray(np.linalg.qr(deviations, mode="r"))
