"""One ranking out of words and meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.fusion import DenseCandidate, LexicalCandidate, fuse

ids = st.text("abcdef0123456789", min_size=1, max_size=3)
lexical_lists = st.lists(
    st.builds(LexicalCandidate, ids, st.floats(1e-3, 80), st.floats(0, 1)), max_size=30, unique_by=lambda c: c.id
)
dense_lists = st.lists(st.builds(DenseCandidate, ids, st.floats(-1, 1)), max_size=30, unique_by=lambda c: c.id)


def ranked(lexical, dense):
    return [candidate.id for candidate in fuse(lexical, dense)]


@given(lexical_lists, dense_lists)
def test_every_candidate_is_there_exactly_once(lexical, dense):
    assert sorted(ranked(lexical, dense)) == sorted({c.id for c in lexical} | {c.id for c in dense})


@given(lexical_lists, dense_lists, st.randoms())
def test_the_order_of_the_lists_does_not_matter(lexical, dense, random):
    expected = fuse(lexical, dense)
    random.shuffle(lexical)
    random.shuffle(dense)
    assert fuse(lexical, dense) == expected


@given(lexical_lists, dense_lists)
def test_the_scores_fall_and_stay_within_their_range(lexical, dense):
    scores = [candidate.score for candidate in fuse(lexical, dense)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 2 for score in scores)


@given(lexical_lists, dense_lists)
def test_what_is_better_on_both_sides_never_stands_below(lexical, dense):
    bm25, cosine = {c.id: c.score for c in lexical}, {c.id: c.cosine for c in dense}
    order = ranked(lexical, dense)
    place = {id: at for at, id in enumerate(order)}
    both = sorted(bm25.keys() & cosine.keys())
    for one in both:
        for other in both:
            if bm25[one] > bm25[other] and cosine[one] > cosine[other]:
                assert place[one] < place[other]


@given(dense_lists)
def test_without_words_meaning_decides(dense):
    cosine = {c.id: c.cosine for c in dense}
    found = [cosine[id] for id in ranked([], dense)]
    assert found == pytest.approx(sorted(found, reverse=True))


@given(lexical_lists.filter(lambda found: any(c.coverage > 0.01 for c in found)))
def test_without_vectors_words_decide(lexical):
    bm25 = {c.id: c.score for c in lexical}
    found = [bm25[id] for id in ranked(lexical, [])]
    assert found == sorted(found, reverse=True)


def test_equals_stand_by_id():
    dense = [DenseCandidate(id, 0.8) for id in "cab"]
    lexical = [LexicalCandidate(id, 3.0, 1.0) for id in "bca"]
    assert ranked(lexical, dense) == ["a", "b", "c"]


def test_words_decide_when_the_query_is_wholly_covered_and_meaning_sees_little_between_the_best():
    dense = [DenseCandidate("near", 0.84), DenseCandidate("exact", 0.83), DenseCandidate("far", 0.75)]
    assert ranked([LexicalCandidate("exact", 21.0, 1.0)], dense) == ["exact", "near", "far"]


def test_a_loan_word_does_not_outweigh_meaning_in_another_language():
    dense = [DenseCandidate("answer", 0.86), DenseCandidate("loan", 0.80), DenseCandidate("far", 0.75)]
    assert ranked([LexicalCandidate("loan", 4.0, 0.15)], dense) == ["answer", "loan", "far"]


def test_a_candidate_keeps_what_is_known_of_it():
    fused = {c.id: c for c in fuse([LexicalCandidate("words", 2.0, 0.5)], [DenseCandidate("meaning", 0.9)])}
    assert (fused["words"].cosine, fused["words"].coverage) == (None, 0.5)
    assert (fused["meaning"].cosine, fused["meaning"].coverage) == (0.9, 0.0)


def test_nothing_found_is_nothing():
    assert fuse([], []) == ()
