using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;

namespace SmartCity.Web.Components.Charges;

public static class ChargeWording
{
    /// <summary>The class of a dispute's badge.</summary>
    public static string Look(string state) => state switch { "open" => "degraded", "upheld" => "healthy", _ => "unknown" };

    /// <summary>The facts that a charge rests on: <c>diesel van, Euro 5, first registered 1 March 2012, 3,200 kg gross; resident</c>.</summary>
    public static string Facts(ChargedFacts facts)
    {
        string?[] parts =
        [
            $"{LiveWording.Fuel(facts.Fuel)} {LiveWording.ShortClass(facts.Class)}",
            facts.Euro is { } euro ? string.Create(CultureInfo.InvariantCulture, $"Euro {euro}") : "Euro standard not known",
            facts.FirstRegistered is { } first ? "first registered " + first.ToString("d MMMM yyyy", CultureInfo.InvariantCulture) : null,
            facts.GrossKg is { } gross ? string.Create(CultureInfo.InvariantCulture, $"{gross:N0} kg gross") : null,
            facts.UnladenKg is { } unladen ? string.Create(CultureInfo.InvariantCulture, $"{unladen:N0} kg unladen") : null,
            facts.TaxClass is { } tax ? $"tax class {tax}" : null,
            facts.TypeApproval is { Length: > 0 } approval ? $"type approval {approval}" : null,
        ];
        var known = string.Join(", ", parts.OfType<string>());
        return facts.Discounts.Count == 0 ? known : $"{known}; {string.Join(", ", facts.Discounts)}";
    }
}
