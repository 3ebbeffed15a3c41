using System.Globalization;

namespace SmartCity.Web.Components.Administration;

/// <summary>A privacy mask as text in percent: <c>0,40 30,40 30,100</c>, x from the left, y from the top.</summary>
public static class MaskText
{
    public static string Of(IReadOnlyList<double[]> mask) => string.Join(' ', mask.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p[0] * 100:0.#},{p[1] * 100:0.#}")));

    /// <summary>Null when the text is no polygon of at least three points from 0 to 100.</summary>
    public static IReadOnlyList<double[]>? Parse(string? text)
    {
        var points = new List<double[]>();
        foreach (var pair in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (pair.Split(',') is not [var x, var y] || Share(x) is not { } across || Share(y) is not { } down)
            {
                return null;
            }

            points.Add([across, down]);
        }

        return points.Count >= 3 ? points : null;
    }

    private static double? Share(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100 ? percent / 100 : null;
}
