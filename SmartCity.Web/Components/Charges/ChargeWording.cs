using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Charges;

public static class ChargeWording
{
    /// <summary>The class of a dispute's badge.</summary>
    public static string Look(string state) => state switch { "open" => "degraded", "upheld" => "healthy", _ => "unknown" };

    /// <summary>What became of a dispute.</summary>
    public static string State(string state) => state switch { "open" => Say("open"), "upheld" => Say("upheld"), "rejected" => Say("rejected"), _ => state };

    /// <summary>What a charge is for.</summary>
    public static string Purpose(string purpose) => purpose switch { "pollution" => Say("pollution"), "toll" => Say("toll"), _ => purpose };

    public static string TaxClass(string taxClass) => taxClass switch
    {
        "historic" => Say("historic"),
        "military" => Say("military"),
        "agricultural" => Say("agricultural"),
        "ambulance" => Say("ambulance"),
        "fire-engine" => Say("fire-engine"),
        "bus" => Say("bus"),
        "recovery" => Say("recovery"),
        _ => taxClass,
    };

    public static string Discount(string discount) => discount switch
    {
        "resident" => Say("resident"),
        "nine-seats" => Say("nine-seats"),
        "recovery" => Say("recovery"),
        "wheelchair-booking" => Say("wheelchair-booking"),
        _ => discount,
    };

    /// <summary>The facts that a charge rests on: <c>diesel van, Euro 5, first registered 1 March 2012, 3,200 kg gross; resident</c>.</summary>
    public static string Facts(ChargedFacts facts)
    {
        string?[] parts =
        [
            $"{LiveWording.Fuel(facts.Fuel)} {LiveWording.ShortClass(facts.Class)}",
            facts.Euro is { } euro ? string.Create(CultureInfo.InvariantCulture, $"Euro {euro}") : Say("Euro standard not known"),
            facts.FirstRegistered is { } first ? Say("first registered {0:d MMMM yyyy}", first) : null,
            facts.GrossKg is { } gross ? Say("{0:N0} kg gross", gross) : null,
            facts.UnladenKg is { } unladen ? Say("{0:N0} kg unladen", unladen) : null,
            facts.TaxClass is { } tax ? Say("tax class {0}", TaxClass(tax)) : null,
            facts.TypeApproval is { Length: > 0 } approval ? Say("type approval {0}", approval) : null,
        ];
        var known = string.Join(", ", parts.OfType<string>());
        return facts.Discounts.Count == 0 ? known : $"{known}; {string.Join(", ", facts.Discounts.Select(Discount))}";
    }
}
