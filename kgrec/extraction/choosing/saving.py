"""What was learned, as one file of plain arrays and JSON: no pickle, nothing that could run."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError
from kgrec.extraction.choosing.classes import Classes, Vocabulary
from kgrec.extraction.choosing.lexicon import Lexicon, Rewriting
from kgrec.extraction.choosing.reading import AttributeReader, CategoryReader
from kgrec.extraction.choosing.transforms import read_transform

__all__ = ["read_readers", "write_readers"]

_FORMAT = 1


def write_readers(
    path: str | PathLike[str],
    readers: Mapping[str, CategoryReader],
    weights: NDArray[np.float32],
) -> None:
    """Write readers and weights into one ``.npz`` file under just this name."""
    arrays: dict[str, NDArray[Any]] = {}
    document: dict[str, Any] = {"format": _FORMAT, "categories": []}
    for place, reader in enumerate(readers.values()):
        arrays[f"{place}.vocabulary"] = reader.vocabulary.weights
        attributes = []
        for number, (attribute, known) in enumerate(reader.attributes.items()):
            if known.classes is not None:
                arrays[f"{place}.{number}.weights"] = known.classes.weights
                arrays[f"{place}.{number}.offsets"] = known.classes.offsets
            values = None if known.classes is None else known.classes.values
            attributes.append({"name": attribute, "classes": values, "lexicon": _lexicon_document(known.lexicon)})
        words = sorted(reader.vocabulary.places, key=reader.vocabulary.places.__getitem__)
        document["categories"].append({"name": reader.category, "words": words, "attributes": attributes})
    columns = np.flatnonzero(weights)
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    arrays |= {"columns": columns, "weights": weights[columns], "document": np.frombuffer(text, dtype=np.uint8)}
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_readers(path: str | PathLike[str], features: int) -> tuple[dict[str, CategoryReader], NDArray[np.float32]]:
    """Return what :func:`write_readers` wrote: readers by category, weights float32 (features,).

    Raises:
        DataError: the file is none that it wrote.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        document = json.loads(arrays["document"].tobytes().decode("utf-8", "surrogatepass"))
        if document["format"] != _FORMAT:
            raise DataError(f"{path}: format {document['format']!r}, expected {_FORMAT}: train and save it again")
        weights = np.zeros(features, dtype=np.float32)
        weights[arrays["columns"]] = arrays["weights"]
        readers = [_reader(of_one, place, arrays) for place, of_one in enumerate(document["categories"])]
    except (KeyError, ValueError, IndexError, TypeError, zipfile.BadZipFile, EOFError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path}: expected a file that ChoosingExtractor.save wrote; {type(error).__name__}: {error}"
        ) from error
    return {reader.category: reader for reader in readers}, weights


def _lexicon_document(lexicon: Lexicon) -> dict[str, Any]:
    return {
        "values": dict(lexicon.values),
        "transforms": [transform.name for transform in lexicon.transforms],
        "shapes": {name: sorted(shapes) for name, shapes in lexicon.shapes.items()},
        "rewritings": {pattern: [list(one) for one in found] for pattern, found in lexicon.rewritings.items()},
        "share": lexicon.share,
    }


def _reader(document: Mapping[str, Any], place: int, arrays: Mapping[str, NDArray[Any]]) -> CategoryReader:
    words = {word: at for at, word in enumerate(document["words"])}
    attributes: dict[str, AttributeReader] = {}
    for number, of_one in enumerate(document["attributes"]):
        classes = None
        if of_one["classes"] is not None:
            key = f"{place}.{number}"
            classes = Classes(tuple(of_one["classes"]), arrays[f"{key}.weights"], arrays[f"{key}.offsets"])
        lexicon = of_one["lexicon"]
        attributes[of_one["name"]] = AttributeReader(
            Lexicon(
                values=lexicon["values"],
                transforms=tuple(read_transform(name) for name in lexicon["transforms"]),
                shapes={name: frozenset(shapes) for name, shapes in lexicon["shapes"].items()},
                rewritings={
                    pattern: tuple(Rewriting(str(t), int(h), float(p)) for t, h, p in found)
                    for pattern, found in lexicon["rewritings"].items()
                },
                share=lexicon["share"],
            ),
            classes,
        )
    vocabulary = Vocabulary(words, arrays[f"{place}.vocabulary"])
    return CategoryReader(document["name"], vocabulary, attributes)
