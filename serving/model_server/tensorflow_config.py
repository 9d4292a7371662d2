"""Hands a server's TensorFlow settings to TensorFlow: threads, GPU memory, or a whole ConfigProto from a file.

    configure(Settings(model_base_path=Path("models/photo"), tensorflow_intra_op_parallelism=4))

They hold for the process, and have to come before TensorFlow has done anything in it.
"""

from __future__ import annotations

from tensorflow.core.protobuf.config_pb2 import ConfigProto
from tensorflow.python.eager import context

from serving.model_server.errors import StartError
from serving.model_server.settings import Settings
from serving.model_server.text_proto import read_text_proto


def configure(settings: Settings) -> None:
    """Does nothing where no such setting was given.

    Raises:
        StartError: the file cannot be read or parsed, or TensorFlow has started already with other settings.
    """
    config = session_config(settings)
    current = context.context()
    if config == ConfigProto() or config == current._config:
        return
    if current._initialized:
        raise StartError(
            "TensorFlow runs already in this process, and cannot change its threads and memory any more. Leave out "
            "--tensorflow_... and --per_process_gpu_memory_fraction, or start the server in a process of its own."
        )
    # No public way takes a whole ConfigProto: tf.config sets a few of its fields, and not the share of memory.
    current._config = config


def session_config(settings: Settings) -> ConfigProto:
    """The ConfigProto that a server's settings come to: the file's, and what the flags say on top.

    Raises:
        StartError: the file cannot be read or parsed.
    """
    file = settings.tensorflow_session_config_file
    config = read_text_proto(file, ConfigProto) if file else ConfigProto()
    both = settings.tensorflow_session_parallelism
    intra = settings.tensorflow_intra_op_parallelism
    inter = settings.tensorflow_inter_op_parallelism
    if intra or inter or both:
        config.intra_op_parallelism_threads = intra if intra or inter else both
        config.inter_op_parallelism_threads = inter if intra or inter else both
    if settings.per_process_gpu_memory_fraction:
        config.gpu_options.per_process_gpu_memory_fraction = settings.per_process_gpu_memory_fraction
    return config
