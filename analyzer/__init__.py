"""Which certificate did a Cisco Expressway present to whom, from which store, and why was it refused?"""

__version__ = "0.1.0"
