"""TensorFlow Serving's public contract, held against a server through public API alone.

python -m pytest tests/serving/contract

docs/model-server.md says how to point these at a real `tensorflow/serving`.
"""
