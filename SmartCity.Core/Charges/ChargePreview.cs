using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SmartCity.Core.Api;

namespace SmartCity.Core.Charges;

/// <summary>Works out charges without recording any: one JSON object in, one out. See docs/charges.md for the shape.</summary>
public static partial class ChargePreview
{
    /// <summary>How answers are written: one line, pound signs as they are.</summary>
    public static JsonSerializerOptions Json { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] OfTheLine = ["case", "vehicle", "passages"];
    private static readonly string[] Decisive = ["class", "fuel", "euro", "firstRegistered", "grossKg", "unladenKg", "taxClass", "typeApproval"];

    // What a registry says beside, which no rule asks for.
    private static readonly string[] Idle = ["make", "model", "colour", "year", "keeper"];
    private static readonly string[] OfVehicles = ["plate", .. Decisive, "discounts", "changes", .. Idle];
    private static readonly string[] OfChanges = ["from", .. Decisive, .. Idle];
    private static readonly string[] OfDiscounts = ["discount", "from", "to"];
    private static readonly string[] OfPassages = ["at", "zones"];

    private static readonly string[] Zones = [ChargeRules.Ulez, ChargeRules.Lez, ChargeRules.Congestion];

    /// <summary>The answer to one line; <c>IsError</c> when the line was not valid and the answer says why.</summary>
    /// <param name="tariffs">Null for the tariff that ships with the product.</param>
    public static (JsonObject Answer, bool IsError) Answer(string line, TariffBook? tariffs = null)
    {
        JsonNode? name = null;
        try
        {
            using var document = JsonDocument.Parse(line.TrimStart('\uFEFF')); // a byte order mark
            var root = Require(document.RootElement, JsonValueKind.Object, "the line");
            if (root.TryGetProperty("case", out var given))
            {
                name = Name(given);
            }

            OnlyOnce(root, "", OfTheLine);
            var vehicle = Vehicle(Field(root, "vehicle", JsonValueKind.Object));
            var passages = Passages(Field(root, "passages", JsonValueKind.Array));
            tariffs ??= TariffBook.Shipped;
            return (Result(name, tariffs.City.Currency, ChargeRules.Assess(vehicle, passages, tariffs)), false);
        }
        catch (JsonException e)
        {
            return (Error(name, $"not valid JSON at character {(e.BytePositionInLine ?? 0) + 1}: {Plain(e.Message)}"), true);
        }
        catch (FormatException e)
        {
            return (Error(name, e.Message), true);
        }
        catch (InvalidOperationException) when (HoldsHalfACharacter(line))
        {
            return (Error(name, "the name of a field holds half a character, such as \\ud800, and is no text."), true);
        }
    }

    // What cannot be written cannot be answered with.
    private static JsonNode? Name(JsonElement given)
    {
        var name = JsonNode.Parse(given.GetRawText());
        try
        {
            _ = name?.ToJsonString(Json);
            return name;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new FormatException("case holds half a character, such as \\ud800, and is no text.");
        }
    }

    private static bool HoldsHalfACharacter(string line) => line.Contains("\\ud", StringComparison.OrdinalIgnoreCase);

    // The parser counts lines of one line and paths that are not there yet.
    private static string Plain(string message) => message.Split(" LineNumber:", StringSplitOptions.None)[0].Split(" Path:", StringSplitOptions.None)[0];

    private static JsonObject Error(JsonNode? name, string error) => new() { ["case"] = name, ["error"] = error };

    private static JsonObject Result(JsonNode? name, string currency, IReadOnlyList<Assessment> assessments)
    {
        JsonArray Of(Verdict verdict, Func<Assessment, JsonObject> shape) => new([.. assessments.Where(a => a.Verdict == verdict).Select(shape)]);
        static JsonObject Plain(Assessment a) => new() { ["scheme"] = a.Scheme, ["day"] = a.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["why"] = a.Why };
        return new JsonObject
        {
            ["case"] = name,
            ["charges"] = Of(Verdict.Charged, a => new JsonObject
            {
                ["scheme"] = a.Scheme,
                ["day"] = a.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ["amount"] = decimal.Round(a.Amount, 2) + 0.00m,
                ["currency"] = currency,
                ["rule"] = a.Rule,
                ["why"] = a.Why,
            }),
            ["review"] = Of(Verdict.Review, Plain),
            ["notCharged"] = Of(Verdict.NotCharged, Plain),
        };
    }

    private static DatedVehicle Vehicle(JsonElement vehicle)
    {
        OnlyOnce(vehicle, "vehicle.", OfVehicles);
        if (Text(Field(vehicle, "plate", JsonValueKind.String, "vehicle."), "vehicle.plate") is not { Length: > 0 })
        {
            throw new FormatException("vehicle.plate is empty.");
        }

        var discounts = Given(vehicle, "discounts") is { } list ? Require(list, JsonValueKind.Array, "vehicle.discounts").EnumerateArray().Select(Discount).ToArray() : [];
        var records = new List<DatedFacts> { new(DateOnly.MinValue, Facts(vehicle, "vehicle.", null)) };
        foreach (var (change, i) in (Given(vehicle, "changes") is { } changes ? Require(changes, JsonValueKind.Array, "vehicle.changes").EnumerateArray() : []).Select((c, i) => (c, i)))
        {
            var where = $"vehicle.changes[{i}].";
            OnlyOnce(Require(change, JsonValueKind.Object, where[..^1]), where, OfChanges);
            var from = Date(Require(change, JsonValueKind.Object, where[..^1]), "from", where) ?? throw new FormatException($"{where}from is missing.");
            if (from <= records[^1].From)
            {
                throw new FormatException($"{where}from must be after the change before it.");
            }

            records.Add(new DatedFacts(from, Facts(change, where, records[^1].Facts)));
        }

        return new DatedVehicle(records, discounts);
    }

    // A change says what is new; what it does not name stays as it was.
    private static ChargedVehicle Facts(JsonElement element, string where, ChargedVehicle? before)
    {
        bool Names(string name) => before is null || element.TryGetProperty(name, out _);
        var facts = new ChargedVehicle(
            Names("class") ? OneOf(Field(element, "class", JsonValueKind.String, where), VehicleWords.Classes, where + "class") : before!.Class,
            Names("fuel") ? OneOf(Field(element, "fuel", JsonValueKind.String, where), VehicleWords.Fuels, where + "fuel") : before!.Fuel,
            Names("euro") ? Whole(element, "euro", 0, 6, where) : before!.Euro,
            Names("firstRegistered") ? Date(element, "firstRegistered", where) : before!.FirstRegistered,
            Names("grossKg") ? Whole(element, "grossKg", 0, 200_000, where) : before!.GrossKg,
            Names("unladenKg") ? Whole(element, "unladenKg", 0, 200_000, where) : before!.UnladenKg,
            Names("taxClass")
                ? Given(element, "taxClass") is { } tax ? OneOf(Require(tax, JsonValueKind.String, where + "taxClass"), VehicleWords.TaxClasses, where + "taxClass") : null
                : before!.TaxClass,
            [])
        {
            TypeApproval = Names("typeApproval")
                ? Given(element, "typeApproval") is { } category ? Text(Require(category, JsonValueKind.String, where + "typeApproval"), where + "typeApproval") : null
                : before!.TypeApproval,
        };
        return facts.UnladenKg > facts.GrossKg
            ? throw new FormatException($"{where}unladenKg is {facts.UnladenKg}, more than its grossKg of {facts.GrossKg}: no vehicle weighs more empty than laden.")
            : facts;
    }

    // A name in another case, or given twice, would leave a fact out in silence.
    private static void OnlyOnce(JsonElement element, string where, string[] known)
    {
        var names = element.EnumerateObject().Select(p => p.Name).ToArray();
        if (names.Except(known).FirstOrDefault() is { } unknown)
        {
            throw new FormatException($"{where}{unknown} is not known; the fields here are {string.Join(", ", known)}.");
        }

        if (names.CountBy(n => n).Where(n => n.Value > 1).Select(n => n.Key).FirstOrDefault() is { } twice)
        {
            throw new FormatException($"{where}{twice} is given twice.");
        }
    }

    // Its name, or its name and the days on which it holds.
    private static DatedDiscount Discount(JsonElement discount, int i)
    {
        var where = $"vehicle.discounts[{i}]";
        if (discount.ValueKind != JsonValueKind.Object)
        {
            return new DatedDiscount(OneOf(Require(discount, JsonValueKind.String, where), VehicleWords.Discounts, where), DateOnly.MinValue, null);
        }

        OnlyOnce(discount, where + ".", OfDiscounts);
        var (from, to) = (Date(discount, "from", where + "."), Date(discount, "to", where + "."));
        return to < from
            ? throw new FormatException($"{where}.to is before its from.")
            : new DatedDiscount(OneOf(Field(discount, "discount", JsonValueKind.String, where + "."), VehicleWords.Discounts, where + ".discount"), from ?? DateOnly.MinValue, to);
    }

    private static List<ZonePassage> Passages(JsonElement passages) =>
    [
        .. passages.EnumerateArray().Select((passage, i) =>
        {
            var where = $"passages[{i}]";
            OnlyOnce(Require(passage, JsonValueKind.Object, where), where + ".", OfPassages);
            var at = Text(Field(passage, "at", JsonValueKind.String, where + "."), where + ".at");
            if (!Iso().IsMatch(at) || !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            {
                throw new FormatException($"{where}.at '{at}' is not an ISO 8601 time with an offset, such as 2026-11-23T08:15:00Z.");
            }

            if (!TimeArguments.IsInRange(time.Year))
            {
                throw new FormatException($"{where}.at '{at}' has the year {time.Year}; it must be from {TimeArguments.FirstYear} to {TimeArguments.LastYear}.");
            }

            var zones = Field(passage, "zones", JsonValueKind.Array, where + ".").EnumerateArray()
                .Select((z, k) => OneOf(Require(z, JsonValueKind.String, $"{where}.zones[{k}]"), Zones, $"{where}.zones[{k}]")).ToArray();
            return new ZonePassage(time, zones);
        }),
    ];

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?([Zz]|[+-]\d{2}:?\d{2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();

    private static JsonElement? Given(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static JsonElement Field(JsonElement element, string name, JsonValueKind kind, string where = "") =>
        Require(Given(element, name) ?? throw new FormatException($"{where}{name} is missing."), kind, where + name);

    private static JsonElement Require(JsonElement element, JsonValueKind kind, string what) =>
        element.ValueKind == kind ? element : throw new FormatException($"{what} must be {(kind == JsonValueKind.Array ? "an array" : kind == JsonValueKind.Object ? "an object" : "a string")}.");

    private static string OneOf(JsonElement element, IReadOnlyList<string> allowed, string what) =>
        Text(element, what) is var value && allowed.Contains(value) ? value : throw new FormatException($"{what} is '{value}'; it must be one of {string.Join(", ", allowed)}.");

    // An escape such as \ud800 is half a character: good JSON, and no text.
    private static string Text(JsonElement element, string what)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"{what} is {element.GetRawText()}, which is half a character and no text.");
        }
    }

    private static int? Whole(JsonElement element, string name, int from, int to, string where)
    {
        if (Given(element, name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.IsInteger(number) && number >= from && number <= to
            ? (int)number
            : throw new FormatException($"{where}{name} is {value.GetRawText()}; it must be a whole number from {from} to {to}.");
    }

    private static DateOnly? Date(JsonElement element, string name, string where)
    {
        if (Given(element, name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(Text(value, where + name), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : throw new FormatException($"{where}{name} is {value.GetRawText()}; it must be a date such as 2012-03-01.");
    }
}
