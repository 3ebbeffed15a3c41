using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Vehicles;

/// <summary>What a row of text fields says of a vehicle, or what is wrong with it.</summary>
public static class VehicleRow
{
    private static readonly char[] Separators = [';', ' '];

    // When the first car was built, and what nobody plans for.
    internal const int FirstCar = 1885;
    private const int LastYear = 2200;

    internal const string NoPlate = "plate must be 1 to 12 letters A-Z and digits";

    internal static string Impossible(int unladen, int gross) => string.Create(CultureInfo.InvariantCulture, $"unladenKg {unladen} is more than grossKg {gross}, and no vehicle weighs more empty than laden");

    /// <summary>A day of the years that a registry may speak of.</summary>
    internal static bool TryDay(string text, int first, out DateOnly day) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day) && day.Year >= first && day.Year <= LastYear;

    internal static string NoDay(string name, string? text, int first) => $"{name} '{text}' is not a date such as 2012-03-01, of the years {first} to {LastYear}";

    /// <summary>What is wrong with a text of a row; null when nothing is.</summary>
    internal static string? TextFault(string name, string? value) => value is not null && (value.Length > 200 || value.Any(char.IsControl)) ? $"{name} is longer than 200 characters or has control characters" : null;

    /// <summary>A plate without its spaces and dashes; null when it is none.</summary>
    internal static string? Plate(string? text)
    {
        var plate = PlateText.OrNull(text);
        return plate is { Length: > 0 and <= 12 } && plate.All(c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9')) ? plate : null;
    }

    /// <param name="field">A field by the column's name, null when it is missing or empty.</param>
    /// <param name="named">The facts that the file has columns for.</param>
    public static (VehicleChange? Change, string? Error) Parse(Func<string, string?> field, IReadOnlyCollection<string> named)
    {
        var errors = new List<string>();
        var plate = Plate(field("plate"));
        if (plate is null)
        {
            errors.Add(NoPlate);
        }

        var vehicle = new VehicleView
        {
            Plate = plate ?? "",
            Make = Text("make"),
            Model = Text("model"),
            Colour = Text("colour"),
            Year = Number("year", FirstCar, LastYear),
            Class = OneOf("class", VehicleWords.Classes, required: Names("class")),
            Fuel = OneOf("fuel", VehicleWords.Fuels, required: Names("fuel")),
            Euro = Number("euro", 0, 6),
            FirstRegistered = Day("firstRegistered"),
            GrossKg = Number("grossKg", 1, 200_000),
            UnladenKg = Number("unladenKg", 1, 200_000),
            TaxClass = OneOf("taxClass", VehicleWords.TaxClasses, required: false),
            TypeApproval = Text("typeApproval"),
            Keeper = Text("keeper"),
            Discounts = field("discounts")?.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
        };
        errors.AddRange(vehicle.Discounts.Where(d => !VehicleWords.Discounts.Contains(d)).Select(d => $"discounts contains '{d}'; it may only contain {string.Join(", ", VehicleWords.Discounts)}"));
        if (vehicle.UnladenKg > vehicle.GrossKg)
        {
            errors.Add(Impossible(vehicle.UnladenKg.Value, vehicle.GrossKg.Value));
        }

        var from = Day("from");
        var source = Text("source");
        return errors.Count == 0 ? (new VehicleChange(vehicle, named, from, source), null) : (null, string.Join("; ", errors) + ".");

        bool Names(string fact) => named.Contains(fact, StringComparer.OrdinalIgnoreCase);

        string? Text(string name)
        {
            var value = field(name);
            if (TextFault(name, value) is { } fault)
            {
                errors.Add(fault);
            }

            return value;
        }

        int? Number(string name, int least, int most)
        {
            if (field(name) is not { } value)
            {
                return null;
            }

            if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            errors.Add($"{name} '{value}' is not a whole number from {least} to {most}");
            return null;
        }

        DateOnly? Day(string name, int from = FirstCar)
        {
            if (field(name) is not { } value)
            {
                return null;
            }

            if (TryDay(value, from, out var day))
            {
                return day;
            }

            errors.Add(NoDay(name, value, from));
            return null;
        }

        string? OneOf(string name, IReadOnlyList<string> values, bool required)
        {
            var value = field(name)?.ToLowerInvariant();
            if (value is null ? required : !values.Contains(value))
            {
                errors.Add($"{name} '{value}' is none of {string.Join(", ", values)}");
            }

            return value;
        }
    }
}
