"""A journal keeps what was paid for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgrec.data import Completion, Message, TokenLogprob, Usage
from kgrec.errors import JournalError
from kgrec.llm.journal import Journal, reply_key

REPLY = Completion(
    text='{"a": "红\ud800"}\n',
    usage=Usage(input_tokens=3, output_tokens=4),
    logprobs=(TokenLogprob(token="红", logprob=-0.5),),
    model="m",
    finish="length",
)


def _key(num: int) -> str:
    return reply_key([Message(role="user", content=str(num))], {"type": "object"}, "model", "reply")


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "new" / "j.jsonl") as journal:
        journal.append(_key(1), REPLY, product="p", step="reply")
        assert journal.get(_key(1)) == REPLY
        assert journal.get(_key(2)) is None
    with Journal(tmp_path / "new" / "j.jsonl") as journal:
        assert len(journal) == 1
        assert journal.get(_key(1)) == REPLY


def test_the_key_depends_on_everything() -> None:
    message = [Message(role="user", content="x")]
    keys = {
        reply_key(message, None, "m", "reply"),
        reply_key(message, {}, "m", "reply"),
        reply_key(message, None, "n", "reply"),
        reply_key(message, None, "m", "judge"),
        reply_key([Message(role="system", content="x")], None, "m", "reply"),
        reply_key([Message(role="user", content="x\ud800")], None, "m", "reply"),
    }
    assert len(keys) == 6


def test_torn_at_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        for num in range(2):
            journal.append(_key(num), REPLY)
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for at in {*range(0, len(whole) + 1, 5), *ends, *(end - 1 for end in ends)}:
        path.write_bytes(whole[:at])
        with Journal(path) as journal:
            assert len(journal) == max(0, sum(end <= at for end in ends) - 1)
            journal.append(_key(7), REPLY)
        with Journal(path) as journal:
            assert journal.get(_key(7)) == REPLY
        assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_tail_of_zeros_is_torn_too(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(_key(1), REPLY)
    path.write_bytes(path.read_bytes() + b"\0" * 100)
    with Journal(path) as journal:
        assert journal.get(_key(1)) == REPLY


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        for num in range(3):
            journal.append(_key(num), REPLY)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"key": "nothing"}\n', lines[3]]))
    with pytest.raises(JournalError, match=r"j\.jsonl:3: .*Remove the line"):
        Journal(path)
    assert path.read_bytes().splitlines()[2] == b'{"key": "nothing"}'


@pytest.mark.parametrize("content", [b"id,title\n1,Mug\n", b"no line end", b'{"journal": "other"}\n', b"{}\n"])
def test_another_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="no journal"):
        Journal(path)
    assert path.read_bytes() == content


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text('{"journal": "kgrec replies", "version": 9}\n')
    with pytest.raises(JournalError, match="version 9"):
        Journal(path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.jsonl"), pytest.raises(JournalError, match="another process or extractor"):
        Journal(tmp_path / "j.jsonl")
    Journal(tmp_path / "j.jsonl").close()


def test_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    journal.append(_key(1), REPLY)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.get(_key(1))
    with pytest.raises(JournalError, match="closed"):
        journal.append(_key(2), REPLY)


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path)
