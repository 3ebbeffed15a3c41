namespace SmartCity.Contracts.Cities;

/// <summary>What is called when something has happened in the city: an address, a program or a topic, exactly one of them.</summary>
public sealed record CityFunction
{
    private const int MostAttempts = 10_000;
    private const int MostAtOnce = 64;

    /// <summary>a-z, 0-9 and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>Events that it is called for: <see cref="CityEvents"/>.</summary>
    public required IReadOnlyList<string> On { get; init; }

    /// <summary>Gets each event by POST.</summary>
    public Uri? Url { get; init; }

    /// <summary>A program and its arguments, which is started for each event.</summary>
    public IReadOnlyList<string>? Program { get; init; }

    /// <summary>A topic of the core's Kafka: <see cref="Topics.Events"/>.</summary>
    public string? Topic { get; init; }

    /// <summary>How often it is tried before an event is a dead letter; the pauses double up to 30 seconds.</summary>
    public int Attempts { get => field == 0 ? 50 : field; init; }

    /// <summary>How long an attempt may take.</summary>
    public TimeSpan TimeLimit { get => field == TimeSpan.Zero ? TimeSpan.FromSeconds(30) : field; init; }

    /// <summary>Events in work at a time; those of one key are always one after another.</summary>
    public int AtOnce { get => field == 0 ? 4 : field; init; }

    /// <summary>What is wrong with the functions of a city file; null if nothing is.</summary>
    public static string? Check(IReadOnlyList<CityFunction> functions)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return functions.Select(f => !City.IsId(f.Name) || !names.Add(f.Name)
            ? $"function '{f.Name}' has a name that is not valid: it needs 1 to 64 characters of a-z, 0-9 and '-', and may occur only once."
            : f.Problem() is { } problem ? $"function '{f.Name}': {problem}" : null).FirstOrDefault(p => p is not null);
    }

    private string? Problem()
    {
        if (On.Count == 0 || On.FirstOrDefault(e => !CityEvents.All.Contains(e)) is not null)
        {
            return $"on must name one or more of {string.Join(", ", CityEvents.All)}{(On.Count == 0 ? "" : $", and it names '{On.First(e => !CityEvents.All.Contains(e))}'")}.";
        }

        if ((Url is null ? 0 : 1) + (Program is null ? 0 : 1) + (Topic is null ? 0 : 1) != 1)
        {
            return "it needs exactly one of url, program and topic.";
        }

        if (Url is not null and not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            return "url must be an http or https address.";
        }

        if (Program is [] or ["", ..])
        {
            return "program must begin with the name of a program.";
        }

        if (Topic is not null and not Topics.Events)
        {
            return $"topic must be {Topics.Events}: the core may write to no other.";
        }

        return Attempts is < 1 or > MostAttempts ? $"attempts must be from 1 to {MostAttempts}."
            : TimeLimit < TimeSpan.FromMilliseconds(100) || TimeLimit > TimeSpan.FromHours(1) ? "timeLimit must be from 00:00:00.1 to 01:00:00."
            : AtOnce is < 1 or > MostAtOnce ? $"atOnce must be from 1 to {MostAtOnce}."
            : null;
    }
}
