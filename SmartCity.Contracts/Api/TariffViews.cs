namespace SmartCity.Contracts.Api;

/// <summary>What the schemes cost from one day to another, <c>GET /api/tariffs</c>.</summary>
/// <param name="From">First day; null when it holds since ever.</param>
/// <param name="To">First day on which it no longer holds; null while nothing follows.</param>
/// <param name="AddedBy">Null for the tariff that ships with the product.</param>
public sealed record TariffView(string Version, DateOnly? From, DateOnly? To, TariffRates Rates, string? AddedBy, DateTimeOffset? AddedAt);

/// <summary>A tariff that holds from a day to come, <c>POST /api/tariffs</c>.</summary>
/// <param name="Version">Its name on each charge, such as <c>london-2027-04</c>.</param>
/// <param name="From">A day after today.</param>
public sealed record NewTariff(string? Version, DateOnly? From, TariffRates? Rates);

/// <summary>Pounds for a charging day; null: the scheme charges nothing.</summary>
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

    /// <summary>Hours of the Congestion Charge on clocks in London, the first inclusive, the second exclusive.</summary>
    public IReadOnlyList<TimeOnly> WeekdayHours { get; init; } = [];

    /// <summary>Saturdays, Sundays and bank holidays.</summary>
    public IReadOnlyList<TimeOnly> WeekendHours { get; init; } = [];

    /// <summary>Share 0 to 1 off the Congestion Charge.</summary>
    public decimal ResidentDiscount { get; init; }

    /// <summary>Shares off the Congestion Charge for electric and hydrogen vehicles; null: none.</summary>
    public ZeroEmissionRates? ZeroEmission { get; init; }

    /// <summary>Bank holidays of England beside those that the product knows.</summary>
    public IReadOnlyList<DateOnly> BankHolidays { get; init; } = [];
}

/// <param name="Needs">Registration that it needs: autopay or cvd.</param>
/// <param name="Goods">Vans and lorries.</param>
public sealed record ZeroEmissionRates(string Needs, decimal Car, decimal Goods, decimal Other);
