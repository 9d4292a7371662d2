"""A convolution with spectral normalisation (Miyato et al. 2018): its kernel is divided by its largest singular value.

    x = SpectralConv2D(64, 4, 2, padding="same", power_iterations=1)(x)

Keras's own wrapper divides the stored kernel in place, which a functional backend cannot follow; this one divides at
each use, so that TensorFlow and JAX take the same steps.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

_TINY = 1e-12


@keras.saving.register_keras_serializable("handtint")
class SpectralConv2D(layers.Conv2D):
    """`Conv2D` whose kernel has the largest singular value 1, by so many power iterations a training step."""

    def __init__(self, *args: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.power_iterations = power_iterations

    def build(self, input_shape: tuple) -> None:
        """Adds the running estimate of the first left singular vector."""
        super().build(input_shape)
        self.vector = self.add_weight(
            name="vector",
            shape=(1, self.filters),
            initializer=keras.initializers.RandomNormal(1.0, seed=0),
            trainable=False,
            dtype="float32",
            # every worker computes the same value from the same kernel
            aggregation="only_first_replica",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Convolves; in training the estimate moves on."""
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(kernel, (-1, self.filters))
        left = self.vector
        fixed = ops.stop_gradient(matrix)
        for _ in range(self.power_iterations if training else 1):
            right = _unit(ops.matmul(left, ops.transpose(fixed)))
            left = _unit(ops.matmul(right, fixed))
        if training:
            self.vector.assign(left)
        sigma = ops.sum(ops.matmul(right, matrix) * left)
        outputs = self.convolution_op(inputs, ops.cast(kernel / sigma, self.compute_dtype))
        if self.use_bias:
            outputs += ops.reshape(ops.cast(self.bias, self.compute_dtype), (1, 1, 1, -1))
        return self.activation(outputs)

    def save_own_variables(self, store: Any) -> None:
        """All of them: a plain convolution would save kernel and bias alone."""
        layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        """The same."""
        layers.Layer.load_own_variables(self, store)

    def get_config(self) -> dict[str, Any]:
        """For saving."""
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(vector: Any) -> Any:
    return vector / (ops.sqrt(ops.sum(ops.square(vector))) + _TINY)
