"""What the runtimes that ask a language model share: the loop of a turn, what it may cost, how things are shown."""
