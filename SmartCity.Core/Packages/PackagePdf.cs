using System.Globalization;
using SkiaSharp;

namespace SmartCity.Core.Packages;

/// <summary>A package's page as a PDF of A4 sheets, with its own typeface: a server may have none.</summary>
internal sealed class PackagePdf : IDisposable
{
    // In points, 72 to the inch.
    private const float Width = 595;
    private const float Height = 842;
    private const float Margin = 48;
    private const float Inner = Width - 2 * Margin;
    private const float Bottom = Height - Margin - 16;
    private const float NamesWidth = 130;
    private const float TallestPicture = 330;
    private const float Gap = 6;
    private const float LongestWord = 90;
    private const float LongestCell = 300;

    private readonly SKTypeface _regular = Face("DejaVuSansCondensed.ttf");
    private readonly SKTypeface _bold = Face("DejaVuSansCondensed-Bold.ttf");
    private readonly SKPaint _ink = new() { Color = SKColors.Black, IsAntialias = true };
    private readonly SKPaint _line = new() { Color = SKColors.Gray, StrokeWidth = 0.5f, IsStroke = true };
    private readonly SKFont _title;
    private readonly SKFont _heading;
    private readonly SKFont _text;
    private readonly SKFont _strong;
    private readonly SKFont _small;
    private readonly SKDocument _document;
    private readonly string _footer;
    private SKCanvas? _canvas;
    private int _sheet;
    private float _y;

    private PackagePdf(Stream output, string title, DateTimeOffset madeAt)
    {
        (_title, _heading, _text, _strong, _small) = (new(_bold, 16), new(_bold, 12), new(_regular, 9.5f), new(_bold, 9.5f), new(_regular, 8));
        _footer = title;
        _document = SKDocument.CreatePdf(output, new SKDocumentPdfMetadata { Title = title, Creator = "SmartCity", Creation = madeAt.UtcDateTime, Modified = madeAt.UtcDateTime })
            ?? throw new InvalidOperationException("The PDF could not be begun.");
    }

    public static async Task WriteAsync(Stream output, PackagePage page, DateTimeOffset madeAt, CancellationToken cancellationToken)
    {
        using var pdf = new PackagePdf(output, page.Title, madeAt);
        await pdf.WritePageAsync(page, cancellationToken);
    }

    public void Dispose()
    {
        _document.Dispose();
        foreach (var held in (IDisposable[])[_title, _heading, _text, _strong, _small, _regular, _bold, _ink, _line])
        {
            held.Dispose();
        }
    }

    private static SKTypeface Face(string name)
    {
        using var stream = typeof(PackagePdf).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The typeface {name} is missing from the program.");
        return SKTypeface.FromStream(stream) ?? throw new InvalidOperationException($"The typeface {name} cannot be read.");
    }

    private async Task WritePageAsync(PackagePage page, CancellationToken cancellationToken)
    {
        Turn();
        Paragraph(page.Title, _title);
        _y += Gap;
        foreach (var paragraph in page.Introduction)
        {
            Paragraph(paragraph, _text);
            _y += Gap;
        }

        foreach (var section in page.Sections)
        {
            await WriteAsync(section, cancellationToken);
        }

        End();
        _document.Close();
    }

    private async Task WriteAsync(PackageSection section, CancellationToken cancellationToken)
    {
        _y += Gap;
        // A heading stands with what it heads.
        Need(4 * Line(_heading));
        Paragraph(section.Heading, _heading);
        _y += Gap / 2;
        if (section.Note is { } note)
        {
            Paragraph(note, _text);
            _y += Gap;
        }

        foreach (var fact in section.Facts)
        {
            Row([fact.Name, fact.Value], [NamesWidth, Inner - NamesWidth], _text, ruled: false);
        }

        if (section.Table is { } table)
        {
            Write(table);
        }

        foreach (var picture in section.Pictures)
        {
            Write(picture, await picture.Read(cancellationToken));
        }
    }

    private void Write(PackageTable table)
    {
        var widths = Widths(table);
        Row(table.Columns, widths, _strong, ruled: true);
        foreach (var row in table.Rows)
        {
            var sheet = _sheet;
            if (_y + RowHeight(row, widths, _small) > Bottom)
            {
                Turn();
            }

            if (_sheet != sheet)
            {
                Row(table.Columns, widths, _strong, ruled: true);
            }

            Row(row, widths, _small, ruled: true);
        }

        _y += Gap;
    }

    // A column has room for its longest word, within limits, and what is left goes to those with the longest texts.
    private float[] Widths(PackageTable table)
    {
        var columns = table.Columns.Select((name, i) => table.Rows.Select(r => r[i]).ToList() is var cells
            ? (Least: Math.Min(LongestWord, cells.SelectMany(c => c.Split(' ')).Select(w => _small.MeasureText(w)).Append(_strong.MeasureText(name)).Max()) + 2 * Gap,
                Wanted: Math.Min(LongestCell, cells.Select(c => _small.MeasureText(c)).DefaultIfEmpty().Max()) + 2 * Gap)
            : default).ToArray();
        var (least, more) = (columns.Sum(c => c.Least), columns.Sum(c => Math.Max(0, c.Wanted - c.Least)));
        return least >= Inner
            ? Array.ConvertAll(columns, c => c.Least / least * Inner)
            : Array.ConvertAll(columns, c => c.Least + (Inner - least) * (more > 0 ? Math.Max(0, c.Wanted - c.Least) / more : 1f / columns.Length));
    }

    private void Write(PackagePicture picture, byte[] content)
    {
        using var image = SKImage.FromEncodedData(content);
        var scale = image is null ? 0 : Math.Min(1, Math.Min(Inner / image.Width, TallestPicture / image.Height));
        Need((image?.Height ?? 0) * scale + 5 * Line(_small));
        if (image is not null)
        {
            _canvas!.DrawImage(image, SKRect.Create(Margin, _y, image.Width * scale, image.Height * scale), new SKSamplingOptions(SKFilterMode.Linear), _ink);
            _y += image.Height * scale + Gap / 2;
        }

        Paragraph($"{picture.Caption}. {picture.Check}", _small);
        Paragraph(picture.File, _small);
        Paragraph($"SHA-256 {picture.Sha256}", _small);
        _y += 2 * Gap;
    }

    private void Row(IReadOnlyList<string> cells, float[] widths, SKFont font, bool ruled)
    {
        var lines = cells.Select((c, i) => Wrap(c, widths[i] - Gap, font).ToList()).ToList();
        var rows = lines.Max(l => l.Count);
        if (ruled)
        {
            Need(Line(font));
            _canvas!.DrawLine(Margin, _y, Margin + Inner, _y, _line);
        }

        // A cell may be longer than a sheet.
        for (var row = 0; row < rows; row++)
        {
            Need(Line(font));
            var x = Margin;
            for (var i = 0; i < lines.Count; i++)
            {
                if (row < lines[i].Count)
                {
                    _canvas!.DrawText(lines[i][row], x, _y + font.Size, SKTextAlign.Left, font, _ink);
                }

                x += widths[i];
            }

            _y += Line(font);
        }

        _y += 2;
    }

    private static float RowHeight(IReadOnlyList<string> cells, float[] widths, SKFont font) => cells.Select((c, i) => Wrap(c, widths[i] - Gap, font).Count()).Max() * Line(font) + 2;

    private void Paragraph(string text, SKFont font) => Row([text], [Inner + Gap], font, ruled: false);

    private static float Line(SKFont font) => font.Size * 1.3f;

    private void Need(float height)
    {
        if (_y + height > Bottom && _y > Margin)
        {
            Turn();
        }
    }

    private void Turn()
    {
        End();
        _canvas = _document.BeginPage(Width, Height);
        _sheet++;
        _y = Margin;
        _canvas.DrawText(string.Create(CultureInfo.InvariantCulture, $"{_footer}, page {_sheet}"), Margin, Height - Margin / 2, SKTextAlign.Left, _small, _ink);
    }

    private void End()
    {
        if (_canvas is not null)
        {
            _document.EndPage();
            _canvas = null;
        }
    }

    // At spaces; a word that is longer than a line is cut.
    private static IEnumerable<string> Wrap(string text, float width, SKFont font)
    {
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var line = "";
            foreach (var word in paragraph.Split(' '))
            {
                var rest = word;
                if (line.Length > 0 && font.MeasureText($"{line} {rest}") > width)
                {
                    yield return line;
                    line = "";
                }

                while (line.Length == 0 && rest.Length > 1 && font.MeasureText(rest) > width)
                {
                    var fits = Math.Max(1, font.BreakText(rest, width));
                    yield return rest[..fits];
                    rest = rest[fits..];
                }

                line = line.Length == 0 ? rest : $"{line} {rest}";
            }

            yield return line;
        }
    }
}
