from __future__ import annotations

import asyncio
import json
import shutil
import time
from pathlib import Path

import pytest

from kgrec.data import Completion, Message
from kgrec.errors import RequestRefusedError, SettingsError
from kgrec.llm import LocalModel, LocalSettings
from kgrec.protocols import LanguageModel
from kgrec.testing import LanguageModelContract
from tests.llm import tiny

ASKED = [Message(role="user", content="red mug")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("models") / "tiny")


def asked(model: LocalModel, messages: list[Message] | None = None) -> Completion:
    return asyncio.run(model.complete(messages or ASKED))


class TestLocalModel(LanguageModelContract):
    @pytest.fixture(autouse=True)
    def _folder(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> LanguageModel:
        return LocalModel(self.folder, settings=LocalSettings(max_output_tokens=4, top_logprobs=2))


def test_greedy_replies_are_the_same_each_time(folder: Path) -> None:
    model = LocalModel(folder, settings=LocalSettings(max_output_tokens=12))
    assert asked(model) == asked(model)


def test_sampling_follows_the_seed(folder: Path) -> None:
    texts = [
        asked(LocalModel(folder, settings=LocalSettings(max_output_tokens=12, temperature=1.5, seed=seed))).text
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_sampling_leaves_the_callers_random_numbers_alone(folder: Path) -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    asked(LocalModel(folder, settings=LocalSettings(max_output_tokens=3, temperature=1.0)))
    assert torch.rand(1) == expected


def test_tokens_and_logprobs_are_those_of_the_model(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    found = asked(LocalModel(folder, settings=LocalSettings(max_output_tokens=6, top_logprobs=3)))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "red mug"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]
    assert found.usage.input_tokens == prompt.shape[1]
    assert found.logprobs is not None
    assert found.usage.output_tokens == len(found.logprobs)
    model, ids = AutoModelForCausalLM.from_pretrained(folder).eval(), prompt
    for token in found.logprobs:
        with torch.inference_mode():
            row = torch.log_softmax(model(ids).logits[0, -1].float(), dim=-1)
        best = int(row.argmax())
        assert token.token == tokenizer.decode([best])
        assert token.logprob == pytest.approx(float(row[best]), abs=1e-4)
        assert [pair[1] for pair in token.top] == pytest.approx(row.topk(3).values.tolist(), abs=1e-4)
        ids = torch.cat([ids, torch.tensor([[best]])], dim=1)


def test_logprobs_can_be_left_out(folder: Path) -> None:
    assert asked(LocalModel(folder, settings=LocalSettings(max_output_tokens=3, logprobs=False))).logprobs is None


def test_a_cut_reply_says_so(folder: Path) -> None:
    found = asked(LocalModel(folder, settings=LocalSettings(max_output_tokens=3)))
    assert (found.finish, found.usage.output_tokens) == ("length", 3)


def test_a_reply_that_ends_by_itself_says_so(folder: Path, tmp_path: Path) -> None:
    whole = asked(LocalModel(folder, settings=LocalSettings(max_output_tokens=6)))
    tokens = [token.token for token in whole.logprobs or ()]
    ending = shutil.copytree(folder, tmp_path / "ending")
    config = json.loads((ending / "generation_config.json").read_text())
    vocabulary = json.loads((ending / "tokenizer.json").read_text())["model"]["vocab"]
    config["eos_token_id"] = next(number for number in vocabulary.values() if tiny.written(ending, number) == tokens[2])
    (ending / "generation_config.json").write_text(json.dumps(config))
    found = asked(LocalModel(ending, settings=LocalSettings(max_output_tokens=6)))
    end = tokens.index(tokens[2])
    assert found.finish == "stop"
    assert found.text == "".join(tokens[:end])
    assert found.usage.output_tokens == len(found.logprobs or ()) == end + 1


def test_models_without_a_template_are_asked_in_plain_lines(tmp_path: Path) -> None:
    plain = tiny.build(tmp_path, template=None)
    assert asked(LocalModel(plain, settings=LocalSettings(max_output_tokens=3))).usage.output_tokens == 3


def test_a_template_without_system_gets_its_words_from_the_user(tmp_path: Path) -> None:
    model = LocalModel(tiny.build(tmp_path, template=tiny.WITHOUT_SYSTEM), settings=LocalSettings(max_output_tokens=3))
    apart = [Message(role="system", content="Be short."), Message(role="user", content="red mug")]
    joined = [Message(role="user", content="Be short.\n\nred mug")]
    assert asked(model, apart) == asked(model, joined)


def test_a_prompt_that_is_too_long_is_refused(folder: Path) -> None:
    with pytest.raises(RequestRefusedError, match=r"the prompt has [\d,]+ tokens, the model takes 512"):
        asked(LocalModel(folder), [Message(role="user", content="red mug " * 600)])


def test_the_reply_fits_what_the_model_takes(folder: Path) -> None:
    model = LocalModel(folder, settings=LocalSettings(max_output_tokens=500))
    found = asked(model, [Message(role="user", content="red mug " * 120)])
    assert found.usage.input_tokens + found.usage.output_tokens <= 512


def test_a_call_that_is_given_up_is_broken_off(folder: Path) -> None:
    model = LocalModel(folder, settings=LocalSettings(max_output_tokens=400))
    asked(model)

    async def give_up() -> float:
        call = asyncio.ensure_future(model.complete(ASKED))
        await asyncio.sleep(0.02)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        started = time.perf_counter()
        await asyncio.get_running_loop().run_in_executor(model._executor, lambda: None)
        return time.perf_counter() - started

    started = time.perf_counter()
    asked(model)
    whole = time.perf_counter() - started
    assert asyncio.run(give_up()) < whole / 2


def test_other_settings_and_other_weights_have_other_names(folder: Path, tmp_path: Path) -> None:
    other = tiny.build(tmp_path / "tiny", seed=1)
    names = {
        LocalModel(folder).name,
        LocalModel(other).name,
        LocalModel(folder, settings=LocalSettings(temperature=1.0)).name,
    }
    assert len(names) == 3
    assert all(name.startswith("tiny#") for name in names)


def test_no_folder_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"config\.json"):
        LocalModel(tmp_path)


def test_broken_weights_are_an_error_with_the_folder(tmp_path: Path) -> None:
    broken = tiny.build(tmp_path)
    (broken / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(RequestRefusedError, match="cannot be read"):
        asked(LocalModel(broken))


@pytest.mark.parametrize("wrong", [{"max_output_tokens": 0}, {"temperature": -1.0}, {"top_logprobs": -1}])
def test_impossible_settings(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        LocalSettings(**wrong)  # type: ignore[arg-type]
