"""The commands, and the exit status of one that read nothing."""

NO_ANSWER = 2
"""The exit status of a command that read nothing."""
COMMANDS = {
    "demo": "the schedule of a made-up clinic, and one patient's timeline",
    "due": "the four dates after a session",
    "timeline": "the expected response to a session",
    "protocols": "the protocols with sources and verification",
    "forecast": "the status and the dates of a record on a day",
    "check": "whether a patient may be treated on a day",
    "book": "the day to book: open, allowed, authorized, nearest to due",
    "countdown": "by when each thing must be done before a visit",
    "response": "what a response rule gives for a diary and a record",
    "handout": "a patient's page as HTML (extra 'handout')",
    "ics": "a record's cycles as an iCalendar file (extra 'ical')",
    "schedule": "the status of every patient in a clinic's export",
    "worklist": "who to call: an export in sections, also to print",
    "report": "a clinic's list as one HTML page (extra 'handout')",
    "workload": "how many sessions to expect each week (extra 'panel')",
    "adherence": "how regularly each track of an export was treated",
    "fhir": "the status of each patient in a FHIR R4 bundle (extra 'fhir')",
    "schema": "the JSON Schema of records and answers",
    "completion": "completions for a shell",
}
"""Every command with what it answers; each is a module of this package."""
