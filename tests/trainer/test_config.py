"""Presets hold differences only; mistakes in them are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer import config


def test_every_preset_loads() -> None:
    assert "photo" in config.presets()
    for name in config.presets():
        config.load_preset(name)


def test_overrides_win() -> None:
    assert config.load_preset("photo", {"batch": 7}).batch == 7


def test_a_new_preset_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("size = 96\n")
    monkeypatch.setattr(config, "PRESETS", tmp_path)
    assert config.presets() == ["mine"]
    assert config.load_preset("mine").size == 96


def test_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"Unknown setting 'learning_rat'. Did you mean 'learning_rate'"):
        config.make_config({"learning_rat": 1})


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"Unknown preset 'phote'. Did you mean 'photo'"):
        config.load_preset("phote")


@pytest.mark.parametrize(
    ("setting", "value"), [("batch", 0), ("ema", 1.0), ("adversarial", "wgan"), ("size", "big"), ("balance", -1)]
)
def test_values_out_of_range_are_refused(setting: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"Settings out of range: {setting} = "):
        config.make_config({setting: value})
