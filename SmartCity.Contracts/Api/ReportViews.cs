namespace SmartCity.Contracts.Api;

/// <summary>A report over charging days, <c>GET /api/reports/{name}?from=&amp;to=</c>.</summary>
/// <param name="From">First day.</param>
/// <param name="To">Last day, included.</param>
/// <param name="Notes">What a reader of the report must know: its assumptions, and what it leaves out.</param>
public sealed record Report<T>(DateOnly From, DateOnly To, IReadOnlyList<T> Rows, IReadOnlyList<string> Notes);

/// <summary>Charges of a scheme and day, less reversals.</summary>
/// <param name="Purpose">pollution (ULEZ, LEZ) or toll (congestion charge).</param>
/// <param name="Amount">What is charged, less reversals.</param>
/// <param name="Reversed">What was charged and reversed.</param>
public sealed record ChargesRow(DateOnly Day, string Scheme, string Purpose, long Vehicles, decimal Amount, decimal Reversed, string Currency);

/// <summary>Vehicles that passed, by class, fuel and Euro standard.</summary>
/// <param name="Euro">Null if the registry does not say.</param>
/// <param name="Compliant">Vehicles that neither the ULEZ nor the LEZ would charge on the last day of the report.</param>
public sealed record ComplianceRow(string Class, string Fuel, int? Euro, long Vehicles, long Compliant);

/// <param name="Hour">0 to 23, in the city's time zone.</param>
public sealed record HourRow(int Hour, string StationId, string Station, long Passages);

/// <param name="BusiestHour">Hour of the day with most passages.</param>
public sealed record StationRow(string StationId, string Station, long Passages, long Vehicles, int BusiestHour);

/// <param name="Reviewed">Readings on which a person decided.</param>
/// <param name="Corrected">Of those, the ones that were wrong.</param>
/// <param name="MeanConfidence">Mean confidence of the plates that were read; null if none were.</param>
public sealed record ReadsRow(string StationId, string CameraId, long Sightings, long Read, double? MeanConfidence, long Reviewed, long Corrected);

/// <param name="Version">The version of the reader; unknown where none is known.</param>
/// <param name="Reviewed">Readings on which a person decided.</param>
/// <param name="Corrected">Of those, the ones that were wrong.</param>
public sealed record VersionsRow(DateOnly Day, string Version, string StationId, long Sightings, long Read, long Reviewed, long Corrected);

/// <summary>Vehicles that went from one station to another within two hours.</summary>
/// <param name="Median">Median travel time.</param>
/// <param name="P90">Travel time that nine of ten vehicles did not exceed.</param>
/// <param name="Kilometres">Distance in a straight line.</param>
/// <param name="KilometresAnHour">Lowest possible average speed: the straight line in the median time.</param>
public sealed record TravelRow(string FromStationId, string From, string ToStationId, string To, long Vehicles, TimeSpan Median, TimeSpan P90, double Kilometres, double KilometresAnHour);

/// <summary>How long vehicles stay: from a vehicle's first to its last passage of a day.</summary>
/// <param name="Vehicles">Vehicles that were seen more than once.</param>
public sealed record DwellRow(DateOnly Day, long Vehicles, TimeSpan Median, TimeSpan P90);

/// <summary>An estimate of exhaust emissions in a zone.</summary>
/// <param name="Kilometres">Kilometres that are assumed to have been driven.</param>
public sealed record EmissionsRow(string Zone, string Class, string Fuel, int? Euro, long Passages, double Kilometres, double NoxGrams, double PmGrams, double Co2Kilograms);
