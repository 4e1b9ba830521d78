"""For those who test with SOPHIA: fakes, and the contract suite of every port."""
