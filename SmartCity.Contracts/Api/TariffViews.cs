namespace SmartCity.Contracts.Api;

/// <summary>What the schemes cost from one day to another, <c>GET /api/tariffs</c>.</summary>
/// <param name="From">First day; null if there is no earlier tariff.</param>
/// <param name="To">First day on which it no longer applies; null if no other follows.</param>
/// <param name="AddedBy">Null for the tariff that ships with the product.</param>
public sealed record TariffView(string Version, DateOnly? From, DateOnly? To, TariffRates Rates, string? AddedBy, DateTimeOffset? AddedAt);

/// <summary>A tariff that starts on a future day, <c>POST /api/tariffs</c>.</summary>
/// <param name="Version">Its name, which each charge records, such as <c>london-2027-04</c>.</param>
/// <param name="From">A day after today.</param>
public sealed record NewTariff(string? Version, DateOnly? From, TariffRates? Rates);

/// <summary>Amounts for a charging day in the city's currency; null if the scheme charges nothing.</summary>
public sealed record TariffRates
{
    public decimal? Ulez { get; init; }

    /// <summary>Lorries and coaches of Euro IV or V.</summary>
    public decimal? LezHeavyEuro4And5 { get; init; }

    /// <summary>Lorries and coaches below Euro IV.</summary>
    public decimal? LezHeavyWorse { get; init; }

    /// <summary>Vans and minibuses.</summary>
    public decimal? LezLight { get; init; }

    public decimal? Congestion { get; init; }

    /// <summary>Hours of the Congestion Charge in London time: from (inclusive) and to (exclusive).</summary>
    public IReadOnlyList<TimeOnly> WeekdayHours { get; init; } = [];

    /// <summary>Saturdays, Sundays and bank holidays.</summary>
    public IReadOnlyList<TimeOnly> WeekendHours { get; init; } = [];

    /// <summary>Residents' discount as a share 0–1 of the Congestion Charge.</summary>
    public decimal ResidentDiscount { get; init; }

    /// <summary>Discounts on the Congestion Charge for electric and hydrogen vehicles; null if there are none.</summary>
    public ZeroEmissionRates? ZeroEmission { get; init; }

    /// <summary>Bank holidays of England that the product does not know yet.</summary>
    public IReadOnlyList<DateOnly> BankHolidays { get; init; } = [];
}

/// <param name="Needs">What the vehicle must be registered for: autopay or cvd.</param>
/// <param name="Goods">Vans and lorries.</param>
public sealed record ZeroEmissionRates(string Needs, decimal Car, decimal Goods, decimal Other);
