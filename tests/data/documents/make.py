"""Makes the documents beside it; needs `pip install reportlab python-docx pypdf`, which the project does not."""

from pathlib import Path

import docx
import pypdf
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Preformatted,
    Table,
    TableStyle,
)

HERE = Path(__file__).parent
STYLES = getSampleStyleSheet()
BODY = ParagraphStyle("body", parent=STYLES["BodyText"], leading=13, alignment=4, hyphenationLang="", splitLongWords=0)

PARAGRAPH = (
    "El turno de guardia revisa las alertas de la noche antes de las ocho y anota en el parte diario cuáles se "
    "cierran, cuáles se escalan y por qué. Una alerta sin nota se considera abierta. La jefatura lee el parte a "
    "las nueve y puede devolver cualquier cierre que no explique qué se comprobó en el cortafuegos y en el directorio. "
)


def furniture(canvas, document):
    canvas.setFont("Helvetica", 8)
    canvas.drawString(70, 800, "ACME — Manual del SOC — Uso interno")
    canvas.drawRightString(525, 30, f"Página {document.page} de 3")


def manual(path, columns=1):
    width = (A4[0] - 140) / columns - 6 * (columns - 1)
    frames = [Frame(70 + n * (width + 12), 60, width, 710, id=str(n)) for n in range(columns)]
    document = BaseDocTemplate(str(path), pagesize=A4, title="Manual del SOC", author="ACME", invariant=1)
    document.addPageTemplates(PageTemplate(frames=frames, onPage=furniture))
    rows = [["Código", "Causa", "Qué hacer"]]
    rows += [[f"GP-{n}", "certificado caducado", "reemitir el certificado | avisar"] for n in range(4000, 4006)]
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("FONTSIZE", (0, 0), (-1, -1), 8)])
    hyphenated = (
        "La configu-<br/>ración de la sonda se guarda en el repo-<br/>sitorio "
        "y el tráfico de extremo-<br/>a-extremo se cifra."
    )
    story = [
        Paragraph("Manual del SOC", STYLES["Title"]),
        Paragraph("1. Turnos", STYLES["Heading1"]),
        *(Paragraph(PARAGRAPH * 2, BODY) for _ in range(3)),
        Paragraph("1.1 Relevo", STYLES["Heading2"]),
        Paragraph(hyphenated, BODY),
        *(Paragraph(f"• Paso {n}: {PARAGRAPH[:150]}", BODY) for n in range(1, 4)),
        Table(rows, style=grid) if columns == 1 else Paragraph("Sin tabla.", BODY),
        Paragraph("Después de la tabla sigue el texto con normalidad.", BODY),
        PageBreak(),
        Paragraph("2. Órdenes", STYLES["Heading1"]),
        Paragraph("Para ver los usuarios conectados se usa esta orden:", BODY),
        Preformatted("show session all\n  filter source 10.0.0.1\nshow jobs all", STYLES["Code"]),
        *(Paragraph(PARAGRAPH * 3, BODY) for _ in range(9)),
        PageBreak(),
        Paragraph("3. Cierre", STYLES["Heading1"]),
        Paragraph(PARAGRAPH, BODY),
    ]
    document.build(story)


def encrypt(source, target, password):
    writer = pypdf.PdfWriter(clone_from=str(source))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    writer.write(str(target))


def empty(path):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(str(path))


def word(path):
    document = docx.Document()
    document.core_properties.title = "Altas y bajas"
    document.add_heading("Altas y bajas", 1)
    document.add_paragraph("El alta se pide a Personas.")
    document.add_heading("Plazos", 2)
    for text in ("portátil", "tarjeta"):
        document.add_paragraph(text, style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for cells in (("Tarea", "Plazo"), ("user_name *nuevo*", "6 días"), ("Tarjeta", "El primer día")):
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text
    document.save(str(path))


if __name__ == "__main__":
    manual(HERE / "manual.pdf")
    manual(HERE / "columns.pdf", columns=2)
    encrypt(HERE / "manual.pdf", HERE / "encrypted.pdf", "secret")
    encrypt(HERE / "manual.pdf", HERE / "restricted.pdf", "")
    empty(HERE / "scan.pdf")
    word(HERE / "altas.docx")
