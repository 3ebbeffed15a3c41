using Microsoft.Extensions.Options;
using SmartCity.Contracts.Cities;

namespace SmartCity.Core.Stations;

/// <summary>Refuses at start a city file that is not valid or names a zone that no scheme knows: each sighting of such a station would fail later.</summary>
internal sealed class CityFileValidation : IValidateOptions<CoreOptions>
{
    public ValidateOptionsResult Validate(string? name, CoreOptions options)
    {
        if (options.CityFile is not { } file)
        {
            return ValidateOptionsResult.Success;
        }

        try
        {
            var city = City.Load(file);
            if (!TimeZoneInfo.TryFindSystemTimeZoneById(city.TimeZone, out _))
            {
                return ValidateOptionsResult.Fail($"City file {file}: there is no time zone '{city.TimeZone}'; an IANA name is needed, such as Europe/London.");
            }

            var problems = city.Stations.Select(s => (s.Id, Problem: ZoneRules.Check(s.Zones))).Where(s => s.Problem is not null).Select(s => $"City file {file}: station '{s.Id}': {s.Problem}").ToList();
            return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return ValidateOptionsResult.Fail(e is InvalidDataException ? e.Message : $"The city file {file} cannot be read: {e.Message}");
        }
    }
}
