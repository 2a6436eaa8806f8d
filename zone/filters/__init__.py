"""One finder for each list: what the address may ask, what it means, and what each choice would leave.

A parameter that makes no sense is answered at its field; the others apply all the same.
"""
