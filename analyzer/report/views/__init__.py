"""What the HTML report shows, as plain records: every choice is made here, so that templates only place it.

`page.page_view` is the one door. Strings are still untrusted: the template environment cleans and escapes them.
"""
