"""Few headlines, each story once."""

from __future__ import annotations

import pytest

from services.briefing.headlines import HEADLINES, compose_headlines
from services.sources.records import NewsBatch, NewsItem
from tests.unit.briefing_cast import story


def titles(*items: NewsItem) -> list[str]:
    return [item.title for item in compose_headlines(NewsBatch(items)).items]


SAME_STORY = {
    "the same link": (story("하나", link="https://a.example/1"), story("둘", link="https://a.example/1")),
    "the same link with where it was found": (
        story("하나", link="https://www.a.example/1/?id=7"),
        story("둘", link="http://m.a.example/1?id=7&utm_source=rss&fbclid=x#top"),
    ),
    "the same title": (story("수출 석 달 연속 증가", "가"), story("수출 석 달 연속 증가", "나")),
    "the title with the newspaper's name": (
        story("수출 석 달 연속 증가"),
        story("수출 석 달 연속 증가 - 새벽신문"),
    ),
    "other punctuation and case": (story("Chips, again: UP"), story("CHIPS AGAIN — up")),
    "nearly the same words": (
        story("반도체 수출, 석 달 연속 두 자릿수 증가"),
        story("반도체 수출 석달 연속 두자릿수 증가세"),
    ),
}


@pytest.mark.parametrize("pair", SAME_STORY.values(), ids=SAME_STORY.keys())
def test_one_story_is_told_once_by_whoever_came_first(pair: tuple[NewsItem, NewsItem]) -> None:
    assert titles(*pair) == [pair[0].title]


OTHER_STORY = {
    "other words": (story("환율 내려"), story("금리 동결")),
    "other numbers": (story("코스피 2,500 돌파"), story("코스피 2,600 돌파")),
    "another article of the same paper": (
        story("하나", link="https://a.example/read?id=1"),
        story("둘", link="https://a.example/read?id=2"),
    ),
    "no link": (story("하나", link=" "), story("둘", link=" ")),
}


@pytest.mark.parametrize("pair", OTHER_STORY.values(), ids=OTHER_STORY.keys())
def test_two_stories_stay_two(pair: tuple[NewsItem, NewsItem]) -> None:
    assert len(titles(*pair)) == 2


def test_few_headlines_in_the_given_order() -> None:
    words = ["환율", "금리", "수출", "날씨", "야구", "영화", "선거"]
    assert titles(*(story(word) for word in words)) == words[:HEADLINES]


def test_a_headline_does_not_repeat_the_name_of_its_feed() -> None:
    assert titles(story("수출 증가 - 한빛일보"), story("금리 동결 | 한빛일보")) == ["수출 증가", "금리 동결"]


def test_headlines_without_letters_and_broken_links_do_no_harm() -> None:
    broken = [story("…?!", link="http://[broken"), story("", link="https://a.example"), story("\u202e\u200b")]
    assert titles(*broken, story("환율", link="https://a.example/?\ud83d")) == ["…?!", "환율"]


def test_failed_feeds_are_counted() -> None:
    assert compose_headlines(NewsBatch((), (("x", "timeout"),))).failed_feeds == 1
