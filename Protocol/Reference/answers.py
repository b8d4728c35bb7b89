"""File of vectors -> the function that answers an input of it."""

import answers_challenges
import answers_ground
import answers_mesh
import answers_room
import answers_table

ANSWERS = (answers_ground.ANSWERS | answers_mesh.ANSWERS | answers_table.ANSWERS
           | answers_challenges.ANSWERS | answers_room.ANSWERS)
