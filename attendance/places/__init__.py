"""Places in sessions with limited capacity: reserved with a pass alone, with a waiting list in the order of asking.

When a place comes free, who waits longest is offered it, until a moment; then it is the next one's turn. What becomes
of offers follows from the moments alone (`waiting`), whoever looks when: who reads reckons it, who writes writes it.
A place says nothing about check-ins: at the door everybody is counted, with a place or without one.

`taking` is what a young person does, `classes` what a school does, `reading` what all of them see.
"""
