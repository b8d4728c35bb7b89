"""File of vectors -> the function that answers an input of it."""

import answers_ground

ANSWERS = dict(answers_ground.ANSWERS)
