using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Core.Reports;

/// <summary>Grams a kilometre by class, fuel and Euro standard, from published tables; the file names them.</summary>
internal sealed class EmissionFactors
{
    private static readonly Lazy<EmissionFactors> FromFile = new(Load);

    private readonly Dictionary<(string Class, string Fuel, int Euro), EmissionFactor> _factors = [];
    private readonly HashSet<string> _none;

    private EmissionFactors(FactorsFile file)
    {
        Version = file.Version;
        Assumptions = file.Assumptions;
        Sources = [.. file.Sources.Select(s => $"{s.Key.ToUpperInvariant()}: {s.Value}")];
        _none = [.. file.None];
        foreach (var group in file.Groups)
        {
            foreach (var (vehicleClass, fuel, (euro, grams)) in from c in @group.Classes from f in @group.Fuels from e in @group.Euro select (c, f, e))
            {
                _factors.Add((vehicleClass, fuel, int.Parse(euro, System.Globalization.CultureInfo.InvariantCulture)), new EmissionFactor(grams[0], grams[1], group.Co2));
            }
        }
    }

    public static EmissionFactors Published => FromFile.Value;

    public string Version { get; }

    public EmissionAssumptions Assumptions { get; }

    public IReadOnlyList<string> Sources { get; }

    public IEnumerable<(string Class, string Fuel, int Euro, EmissionFactor Factor)> All => _factors.Select(f => (f.Key.Class, f.Key.Fuel, f.Key.Euro, f.Value));

    /// <summary>Fuels of vehicles without an exhaust, whatever their class and Euro standard.</summary>
    public IReadOnlyCollection<string> None => _none;

    /// <summary>Null when there is no figure for such a vehicle.</summary>
    public EmissionFactor? Find(string vehicleClass, string fuel, int? euro) =>
        _none.Contains(fuel) ? default(EmissionFactor)
        : euro is { } standard && _factors.TryGetValue((vehicleClass, fuel, standard), out var factor) ? factor : null;

    private static EmissionFactors Load()
    {
        using var stream = typeof(EmissionFactors).Assembly.GetManifestResourceStream("emission-factors.json")!;
        return new EmissionFactors(JsonSerializer.Deserialize<FactorsFile>(stream, JsonSerializerOptions.Web)!);
    }

    private sealed record FactorsFile(
        string Version,
        Dictionary<string, string> Sources,
        EmissionAssumptions Assumptions,
        [property: JsonPropertyName("grams per kilometre")] IReadOnlyList<FactorGroup> Groups,
        IReadOnlyList<string> None);

    private sealed record FactorGroup(IReadOnlyList<string> Classes, IReadOnlyList<string> Fuels, double Co2, Dictionary<string, double[]> Euro);
}

/// <param name="Nox">Nitrogen oxides, grams a kilometre.</param>
/// <param name="Pm">Particles from the exhaust, grams a kilometre; tyres and brakes are not in it.</param>
/// <param name="Co2">Carbon dioxide, grams a kilometre.</param>
internal readonly record struct EmissionFactor(double Nox, double Pm, double Co2);

/// <param name="KilometresPerPassage">Of a vehicle that was not seen again soon.</param>
/// <param name="Detour">How much longer roads are than straight lines.</param>
/// <param name="LegWithinMinutes">Seen again within it, the way between is counted.</param>
internal sealed record EmissionAssumptions(double KilometresPerPassage, double Detour, int LegWithinMinutes);
