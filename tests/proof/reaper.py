"""Who ends processes at random, without a word."""

import random
import threading

from served import Served, kill


class Reaper(threading.Thread):
    """Kills a worker or the whole server now and then, and starts the server again.

    Args:
        longest: seconds between one kill and the next.

    Attributes:
        killed: the process ids of workers.
        kills: how often.
    """

    def __init__(self, server: Served, chance: random.Random, longest: float = 4.0) -> None:
        super().__init__()
        self._server = server
        self._chance = chance
        self._longest = longest
        self._done = threading.Event()
        self.killed: set[int] = set()
        self.kills = {"worker": 0, "server": 0}

    def run(self) -> None:
        while not self._done.wait(self._chance.uniform(self._longest / 8, self._longest)):
            if self._chance.random() < 0.3:
                self.killed.update(self._server.kill())
                self.kills["server"] += 1
                self._server.start()
            elif workers := self._server.workers:
                victim = self._chance.choice(workers)
                self.kills["worker"] += kill(victim)
                self.killed.add(victim)

    def stop(self) -> None:
        self._done.set()
        self.join()
