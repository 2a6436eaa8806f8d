"""Make believable content in great numbers, to measure how the site stands it. Nothing of it is true."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, reset_queries, transaction

from zone import bulk
from zone.bulk import batches, continue_numbers, garbage_left, insert
from zone.content import RECORDS
from zone.models import Facility, Field, NewsItem, Organisation, Park, Source
from zone.models.facility import BuildingStatus, FacilityKind
from zone.models.news import NewsKind
from zone.models.organisation import OrganisationKind, Presence, Role
from zone.progress import progress, say
from zone.publishing import Status
from zone.search.index import rebuild
from zone.statistics import take_statistics
from zone.translation import LANGUAGES, column

BATCH: Final = 2000
SOURCES: Final = 200
_SAID_EVERY: Final = 50_000
"""After about how many entries of the index it is said how many there are."""

Words = tuple[str, str, str]
"""The same in English, Simplified and Traditional Chinese."""

FIELDS: Final[tuple[Words, ...]] = (
    ("Photonics", "光子", "光子"),
    ("Quantum", "量子", "量子"),
    ("Robotics", "机器人", "機械人"),
    ("Genomics", "基因", "基因"),
    ("Battery", "电池", "電池"),
    ("Semiconductor", "半导体", "半導體"),
    ("Software", "软件", "軟件"),
    ("Materials", "材料", "材料"),
    ("Imaging", "影像", "影像"),
    ("Sensor", "传感器", "傳感器"),
    ("Vaccine", "疫苗", "疫苗"),
    ("Satellite", "卫星", "衞星"),
    ("Protein", "蛋白质", "蛋白質"),
    ("Language", "语言", "語言"),
    ("Hydrogen", "氢能", "氫能"),
)
PLACES: Final[tuple[Words, ...]] = (
    ("Harbour", "港湾", "港灣"),
    ("Bamboo", "竹园", "竹園"),
    ("Lychee", "荔枝", "荔枝"),
    ("Kapok", "木棉", "木棉"),
    ("Egret", "白鹭", "白鷺"),
    ("Mangrove", "红树", "紅樹"),
    ("Northern", "北方", "北方"),
    ("Pearl", "明珠", "明珠"),
    ("Lantern", "灯笼", "燈籠"),
    ("Bridge", "大桥", "大橋"),
    ("Orchid", "兰花", "蘭花"),
    ("Granite", "花岗", "花崗"),
)
BODIES: Final[tuple[Words, ...]] = (
    ("Company", "公司", "公司"),
    ("Institute", "研究院", "研究院"),
    ("Laboratory", "实验室", "實驗室"),
    ("Centre", "中心", "中心"),
    ("Foundation", "基金会", "基金會"),
    ("Alliance", "联盟", "聯盟"),
)
DEEDS: Final[tuple[Words, ...]] = (
    ("opens a laboratory", "启用实验室", "啟用實驗室"),
    ("signs an agreement", "签署协议", "簽署協議"),
    ("publishes its results", "发表成果", "發表成果"),
    ("receives a grant", "获得资助", "獲得資助"),
    ("moves into a building", "迁入大楼", "遷入大樓"),
    ("tests a device", "测试装置", "測試裝置"),
    ("invites young researchers", "邀请青年学者", "邀請青年學者"),
    ("wins a prize", "获奖", "獲獎"),
    ("enters a trial", "进入试验", "進入試驗"),
    ("shares its data", "共享数据", "共享數據"),
)
SENTENCES: Final[tuple[Words, ...]] = (
    ("The work takes two years.", "工作为期两年。", "工作為期兩年。"),
    ("Both banks of the river take part.", "河两岸共同参与。", "河兩岸共同參與。"),
    ("Equipment is shared with other tenants.", "设备与其他租户共用。", "設備與其他租戶共用。"),
    ("A first report is expected in autumn.", "首份报告预计秋季发表。", "首份報告預計秋季發表。"),
    ("Twelve people have been hired.", "已招聘十二人。", "已招聘十二人。"),
    ("The public can visit on Saturdays.", "公众可于星期六参观。", "公眾可於星期六參觀。"),
)


class Command(BaseCommand):
    """Fill a database of its own with made-up organisations, facilities and news."""

    help = "Make up organisations, facilities and news in great numbers, to measure speed. Not for a site that is read."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many of each noun, and the seed of the random numbers."""
        for noun in ("organisations", "facilities", "news"):
            parser.add_argument(f"--{noun}", type=int, default=0, help="how many to make; default: none")
        parser.add_argument("--seed", type=int, default=1, help="the same numbers give the same content")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the content and index it: all of it or, where something fails, none."""
        counts = {noun: options[noun] for noun in ("organisations", "facilities", "news")}
        if min(counts.values()) < 0 or not any(counts.values()):
            raise CommandError("Say how many to make: --organisations, --facilities or --news, and a number.")
        if any(model.objects.filter(slug__startswith="load-").exists() for model in RECORDS):
            raise CommandError("This database has made-up content already. Make another one.")
        with transaction.atomic(), garbage_left():
            Load(random.Random(options["seed"])).make(**counts)  # noqa: S311 - Numbers to measure with, no secrets.
            for model in (Park, Field, Source, Organisation, Facility, NewsItem):
                continue_numbers(model)
            take_statistics()  # By these, what is indexed is read.
            with progress("Indexing"):
                rebuild(_say_now_and_then)
            take_statistics()


class Load:
    """Makes content of which each part follows from the seed of ``chance``."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def make(self, organisations: int, facilities: int, news: int) -> None:
        """Make the records and their relations, in the order in which they refer to each other."""
        self.parks = self._some(Park, 2, self._named)
        self.fields = self._some(Field, len(FIELDS), self._named)
        self.sources = self._some(Source, SOURCES, self._source)
        self.organisations = self._some(Organisation, organisations, self._organisation)
        self.facilities = self._some(Facility, facilities, self._facility)
        self.news = self._some(NewsItem, news, self._news)
        self._relate(Organisation.parks.through, self.organisations, self.parks, (1, 1, 1, 2))
        self._relate(Organisation.fields.through, self.organisations, self.fields, (1, 2, 3))
        self._relate(Organisation.sources.through, self.organisations, self.sources, (1, 2))
        self._relate(Facility.organisations.through, self.facilities, self.organisations, (0, 1, 2))
        self._relate(Facility.sources.through, self.facilities, self.sources, (1, 2))
        self._relate(NewsItem.organisations.through, self.news, self.organisations, (0, 1, 1, 2))
        self._relate(NewsItem.facilities.through, self.news, self.facilities, (0, 0, 1))
        self._relate(NewsItem.fields.through, self.news, self.fields, (0, 1, 1))
        self._relate(NewsItem.sources.through, self.news, self.sources, (1,))

    def _some(self, model: type[Any], count: int, make: Callable[[int], dict[str, Any]]) -> list[int]:
        """Make ``count`` records of ``model`` and return their keys."""
        begin = (model.objects.aggregate(last=models.Max("pk"))["last"] or 0) + 1
        rows = (
            model(pk=begin + number, slug=f"load-{model.stem}-{number}", status=Status.PUBLISHED, **make(number))
            for number in range(count)
        )
        self._store(model, rows, count)
        return list(range(begin, begin + count))

    def _relate(self, through: Any, owners: list[int], others: list[int], numbers: tuple[int, ...]) -> None:
        """Give each of ``owners`` as many of ``others`` as one of ``numbers`` says, the first more often."""
        owner, other = (field.attname for field in through._meta.fields if field.is_relation)

        def rows() -> Iterator[Any]:
            for one in owners:
                several = {self._of(others) for _ in range(self.chance.choice(numbers))} if others else ()
                yield from (through(**{owner: one, other: key}) for key in several)

        self._store(through, rows(), len(owners))

    def _of(self, keys: list[int]) -> int:
        return keys[int(len(keys) * self.chance.random() ** 2)]

    def _store(self, model: type[models.Model], rows: Iterator[Any], count: int) -> None:
        done = 0
        for batch in batches(rows, BATCH):
            insert(model, batch)
            done += len(batch)
            reset_queries()  # With DEBUG, Django keeps them all.
            if done % (25 * BATCH) == 0:
                say(f"{model._meta.verbose_name_plural}: {done:,} of about {count:,}\n")

    # What the records say

    def _named(self, number: int) -> dict[str, Any]:
        return _translated("name", (FIELDS[number % len(FIELDS)],))

    def _source(self, number: int) -> dict[str, Any]:
        return {
            "title_original": f"{self.chance.choice(PLACES)[0]} Report {number}",
            "publisher_original": f"{self.chance.choice(PLACES)[0]} Gazette",
            "published": self._date(),
        }

    def _organisation(self, number: int) -> dict[str, Any]:
        name = (self.chance.choice(PLACES), self.chance.choice(FIELDS), self.chance.choice(BODIES), _number(number))
        return {
            "kind": self.chance.choice(OrganisationKind.values),
            "role": self.chance.choice([Role.TENANT, Role.TENANT, Role.SETTLED]),
            "presence": self.chance.choice([Presence.OPERATING, Presence.OPERATING, Presence.SIGNED]),
            "arrived": self._date(),
            **_translated("name", name),
            **self._texts(name),
        }

    def _facility(self, number: int) -> dict[str, Any]:
        name = (self.chance.choice(PLACES), self.chance.choice(FIELDS), BODIES[2], _number(number))
        return {
            "kind": self.chance.choice(FacilityKind.values),
            "building_status": self.chance.choice(BuildingStatus.values),
            "park_id": self._of(self.parks),
            "opened": self._date(),
            **_translated("name", name),
            **self._texts(name),
        }

    def _news(self, number: int) -> dict[str, Any]:
        name = (self.chance.choice(PLACES), self.chance.choice(FIELDS), self.chance.choice(BODIES))
        title = (*name, self.chance.choice(DEEDS), _number(number))
        return {
            "kind": self.chance.choice([NewsKind.STORY, NewsKind.STORY, NewsKind.RELEASE, NewsKind.NOTICE]),
            "date": self._date(),
            **_translated("title", title),
            **self._texts(title),
        }

    def _texts(self, name: tuple[Words, ...]) -> dict[str, str]:
        said = self.chance.sample(SENTENCES, 3)
        return {
            **_translated("summary", (*name[:2], self.chance.choice(DEEDS))),
            **{
                column("body", language): f"<p>{''.join(one[place] + ' ' for one in said).strip()}</p>"
                for place, language in enumerate(LANGUAGES)
            },
        }

    def _date(self) -> str:
        day = f"-{self.chance.randint(1, 28):02}" if self.chance.random() < 0.8 else ""
        return f"{self.chance.randint(2017, 2026)}-{self.chance.randint(1, 12):02}{day}"


def _say_now_and_then(count: int) -> None:
    reset_queries()  # With DEBUG, Django keeps them all.
    if count % _SAID_EVERY < bulk.BATCH:
        say(f" {count:,}")


def _number(number: int) -> Words:
    return (str(number + 1), f"第{number + 1}号", f"第{number + 1}號")


def _translated(name: str, words: tuple[Words, ...]) -> dict[str, str]:
    """Return the columns of the translated field ``name`` with ``words`` put together."""
    return {
        column(name, language): (" " if language == "en" else "").join(one[place] for one in words)
        for place, language in enumerate(LANGUAGES)
    }
