"""Finding records by words in three scripts.

``words`` folds a text into terms, for indexing and for asking alike; ``question`` reads what somebody has typed;
``documents`` says what of each noun is indexed; ``tables`` keeps terms in the database and asks it; ``index`` follows
the content; ``finding`` ranks, ``showing`` marks the words, ``spelling`` guesses what was meant.
"""
