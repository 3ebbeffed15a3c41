using System.Globalization;
using System.Net;
using System.Text;

namespace SmartCity.Core.Packages;

/// <summary>A package's page for a browser and its printer. It needs nothing from elsewhere.</summary>
internal static class PackageHtml
{
    private const string Style =
        """
        body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;break-after:avoid}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:break-word}th{white-space:nowrap}
        thead{display:table-header-group}tr,figure{break-inside:avoid}
        figure{margin:1rem 0}img{max-width:100%;border:1px solid #999}figcaption{font-size:.85rem;overflow-wrap:anywhere}code{font-size:.8rem}
        @media print{body{margin:0;max-width:none}}
        """;

    public static string Write(PackagePage page)
    {
        var html = new StringBuilder($"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Text(page.Title)}</title><style>{Style}</style></head><body>\n<h1>{Text(page.Title)}</h1>\n");
        foreach (var paragraph in page.Introduction)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>{Text(paragraph)}</p>\n");
        }

        foreach (var section in page.Sections)
        {
            Write(html, section);
        }

        return html.Append("</body></html>\n").ToString();
    }

    private static void Write(StringBuilder html, PackageSection section)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Text(section.Heading)}</h2>\n");
        if (section.Note is { } note)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>{Text(note)}</p>\n");
        }

        if (section.Facts.Count > 0)
        {
            html.Append("<dl>").AppendJoin("", section.Facts.Select(f => $"<dt>{Text(f.Name)}</dt><dd>{Text(f.Value)}</dd>")).Append("</dl>\n");
        }

        if (section.Table is { } table)
        {
            html.Append(CultureInfo.InvariantCulture, $"<table><thead><tr>{Cells("th", table.Columns)}</tr></thead><tbody>").AppendJoin("", table.Rows.Select(r => $"<tr>{Cells("td", r)}</tr>\n")).Append("</tbody></table>\n");
        }

        foreach (var picture in section.Pictures)
        {
            html.Append(CultureInfo.InvariantCulture, $"<figure><img src=\"{Text(picture.File)}\" alt=\"{Text(picture.Caption)}\"><figcaption>{Text(picture.Caption)}. {Text(picture.Check)}<br><code>{Text(picture.File)}<br>SHA-256 {picture.Sha256}</code></figcaption></figure>\n");
        }
    }

    private static string Cells(string tag, IReadOnlyList<string> cells) => string.Concat(cells.Select(c => $"<{tag}>{Text(c)}</{tag}>"));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
