"""The commands of Splunk's search language that only read, and what the guard has to know of them.

Sources: Splunk Search Reference (command list), searchbnf.conf, SPL safeguards for risky commands (SVD list), the
pages of the commands named here.
"""

__all__ = [
    "ADD_ROWS",
    "ALLOWED",
    "FILTERS",
    "KEEP_FIELDS",
    "NAME_FIELDS",
    "NEED_PIPE",
    "RISKY",
    "SET_FIELDS",
    "TIME_WORDS",
]

ALLOWED = frozenset(
    """
    abstract accum addcoltotals addinfo addtotals analyzefields anomalies anomalousvalue anomalydetection append
    appendcols appendpipe arules associate autoregress bin bucket chart cluster cofilter concurrency contingency
    convert correlate datamodel dedup delta diff discretize erex eval eventcount eventstats extract fieldformat
    fields fieldsummary filldown fillnull foreach format from fromjson gauge gentimes geostats head highlight
    inputlookup iplocation join kmeans kv lookup makecontinuous makemv makeresults mcatalog metadata metasearch
    mstats multikv multisearch mvcombine mvexpand nomv outlier pivot predict rangemap rare regex relevancy reltime
    rename replace require return reverse rex savedsearch search selfjoin set sort spath stats strcat streamstats
    table tags tail timechart timewrap tojson top transaction transpose trendline tstats typer union uniq untable
    where x11 xmlkv xmlunescape xpath xyseries
    """.split()
)
"""Commands that compute with what was found. Not among them is what writes (`outputlookup`), runs code or
searches whose text is not seen (`script`, `map`, `loadjob`), calls the management API (`rest`), or is Splunk's own."""

RISKY = frozenset(
    """
    collect crawl createrss dbxlookup dbxoutput dbxquery delete dump fit input map mcollect meventcollect outputcsv
    outputlookup outputtelemetry outputtext rest run runshellscript savedsearch script sendalert sendemail stash
    sumindex summaryindex tagcreate tagdelete tagset tscollect
    """.split()
)
"""Names that a search may not begin with either, where they would only be words: somebody meant the command."""

NEED_PIPE = RISKY | frozenset(
    "datamodel eventcount inputcsv inputlookup loadjob makeresults mcatalog metadata metasearch mstats multisearch "
    "pivot tstats".split()
)
"""Words that a search without a leading pipe doesn't begin with unless they are in quotes."""

ADD_ROWS = frozenset("append appendcols appendpipe foreach join multisearch set union".split())
"""Commands whose subsearches are pipelines beside their own: they give back rows, and never text of a search."""

FILTERS = frozenset("search tstats where".split())
"""Commands whose subsearches become text: what they give back is written into the search as conditions."""

SET_FIELDS = frozenset("chart convert eval eventstats fieldformat foreach stats streamstats timechart where".split())
"""Commands in which a name before = or < is a field or an option, and not a modifier of the search."""

NAME_FIELDS = frozenset("fields inputlookup rare return stats table top tstats".split())
"""Commands after which the names of all fields stand in the text of the search (of `inputlookup`, in a named file)."""

KEEP_FIELDS = frozenset(
    "convert dedup eval fields format head lookup makemv mvexpand regex rename replace reverse rex search sort tail "
    "uniq where".split()
)
"""Commands that add no field whose name is not in the text of the search."""

TIME_WORDS = frozenset(
    "earliest latest _index_earliest _index_latest timeformat starttime startdaysago startminutesago starthoursago "
    "startmonthsago starttimeu endtime enddaysago endminutesago endhoursago endmonthsago endtimeu searchtimespanhours "
    "searchtimespanminutes searchtimespandays searchtimespanmonths daysago minutesago hoursago monthsago now".split()
)
"""Modifiers that set a time range from within a search."""
