using System.Globalization;
using System.Net;
using System.Text;
using OpenCvSharp;
using SmartCity.Recognition;

namespace SmartCity.Bench;

/// <summary>A page to look at: each miss with the picture, what was cut out, what it says and what was read. Pictures lie within the page.</summary>
internal static class MissesPage
{
    private const int PictureWidth = 420;

    public static void Write(string path, IReadOnlyList<Miss> misses)
    {
        var page = new StringBuilder("<!doctype html><meta charset=\"utf-8\"><title>Misses</title><style>body{font:14px system-ui;margin:2rem}td{padding:.5rem;vertical-align:top;border-top:1px solid #ccc}code{font-size:1.2em}</style><h1>Misses</h1>");
        foreach (var contender in misses.GroupBy(m => m.Contender, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{WebUtility.HtmlEncode(contender.Key)}: {contender.Count()}</h2><table>");
            foreach (var miss in contender)
            {
                using var picture = Cv2.ImRead(miss.Picture.File);
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{WebUtility.HtmlEncode(Path.GetFileName(miss.Picture.File))}<br>is <code>{miss.Picture.Plate}</code><br>read <code>{miss.Read}</code><br>{miss.Confidence:0.00}</td><td>");
                if (miss.Quad is { } quad)
                {
                    using var patch = PlatePatch.Rectify(picture, quad, 0.3f);
                    Append(page, patch);
                    Cv2.Polylines(picture, [[Round(quad.TopLeft), Round(quad.TopRight), Round(quad.BottomRight), Round(quad.BottomLeft)]], true, new Scalar(0, 255, 0), 2);
                }

                page.Append("</td><td>");
                using var small = new Mat();
                Cv2.Resize(picture, small, new Size(PictureWidth, PictureWidth * picture.Height / picture.Width), 0, 0, InterpolationFlags.Area);
                Append(page, small);
                page.Append("</td></tr>");
            }

            page.Append("</table>");
        }

        File.WriteAllText(path, page.ToString());
    }

    private static void Append(StringBuilder page, Mat picture)
    {
        Cv2.ImEncode(".jpg", picture, out var bytes);
        page.Append("<img src=\"data:image/jpeg;base64,").Append(Convert.ToBase64String(bytes)).Append("\">");
    }

    private static Point Round(Point2f p) => new((int)MathF.Round(p.X), (int)MathF.Round(p.Y));
}
