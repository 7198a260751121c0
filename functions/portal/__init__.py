"""The function `portal`: the pages that applicants see."""
