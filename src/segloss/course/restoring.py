"""What a cell is for is the lecturer's to say: which cells are tests, which are answers, and what they are worth."""

from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor


class RestoreMetadata(NbGraderPreprocessor):
    """Sets a submission's nbgrader metadata back to the release's, before nbgrader restores the cells' text.

    nbgrader itself believes a submission that calls a test cell an answer, and so would not restore it.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Change the notebook in place."""
        names = resources["nbgrader"]["notebook"], resources["nbgrader"]["assignment"]
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            known = gradebook.find_notebook(*names)
            graded = {cell.name: cell.max_score for cell in known.grade_cells}
            answers = {cell.name for cell in known.solution_cells}
            locked = {cell.name: cell.locked for cell in known.source_cells}
        for cell in nb.cells:
            facts = cell.metadata.get("nbgrader", {})
            if (name := facts.get("grade_id")) in locked:
                facts |= {"grade": name in graded, "solution": name in answers, "locked": locked[name], "task": False}
                if name in graded:
                    facts["points"] = graded[name]
        return nb, resources
