using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace SmartCity.AllInOne.Commands;

/// <summary>What <c>run</c> was asked for.</summary>
/// <param name="For">Counted from ready; null runs until it is stopped.</param>
internal sealed record RunOptions(string? City, string Data, string Urls, double? Speed, TimeSpan? For, string? Stations)
{
    private static readonly Option<string?> CityOption = new("--city") { Description = "City file with stations and cameras (default: the demo city).", HelpName = "FILE" };
    private static readonly Option<string> DataOption = new("--data") { Description = "Folder in which all data is kept.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
    private static readonly Option<string> UrlsOption = new("--urls") { Description = "Addresses to listen on, separated by semicolons. For https, a certificate is made unless one is set.", HelpName = "URLS", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
    private static readonly Option<double?> SpeedOption = new("--speed") { Description = "How many times faster than life simulated cameras run (0.1 to 1000).", HelpName = "N" };
    private static readonly Option<TimeSpan?> ForOption = new("--for") { Description = "Stop this long after everything is ready: 90s, 5m, 2h.", HelpName = "DURATION", CustomParser = Duration };
    private static readonly Option<string?> StationsOption = new("--stations") { Description = "Stations to run: all, a number (that many, from the first), or ids separated by commas.", HelpName = "all|N|IDS" };

    static RunOptions() => SpeedOption.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<double?>() is { } speed && speed is not (>= 0.1 and <= 1000))
        {
            result.AddError("--speed must be from 0.1 to 1000.");
        }
    });

    public static IEnumerable<Option> Options => [CityOption, DataOption, UrlsOption, SpeedOption, ForOption, StationsOption];

    public static RunOptions From(ParseResult parse) => new(
        parse.GetValue(CityOption),
        parse.GetValue(DataOption)!,
        parse.GetValue(UrlsOption)!,
        parse.GetValue(SpeedOption),
        parse.GetValue(ForOption),
        parse.GetValue(StationsOption));

    /// <summary><c>90s</c>, <c>5m</c>, <c>2h</c> or <c>hh:mm:ss</c>; null when it is none of them.</summary>
    public static TimeSpan? ParseDuration(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) && span > TimeSpan.Zero ? span : null;
        }

        if (!double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number is not (> 0 and < 1_000_000))
        {
            return null;
        }

        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        };
    }

    /// <summary>Reads an option's value as <see cref="ParseDuration"/> does.</summary>
    public static TimeSpan? Duration(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        var duration = ParseDuration(text);
        if (duration is null)
        {
            argument.AddError($"{(argument.Parent as OptionResult)?.Option.Name}: '{text}' is not a duration such as 90s, 5m or 2h.");
        }

        return duration;
    }
}
