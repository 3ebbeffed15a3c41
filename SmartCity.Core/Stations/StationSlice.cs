using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Faces;
using SmartCity.ServiceDefaults.Access;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Stations;

internal static class StationSlice
{
    public static IServiceCollection AddStations(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<CoreOptions>, CityFileValidation>();
        services.AddOptions<CoreOptions>().BindConfiguration(CoreOptions.Section).ValidateOnStart();
        services.AddObjectStore();
        services.AddSingleton<WatchedCameras>().AddSingleton<StationSetups>().AddSingleton<EdgeRefusals>();
        services.AddSingleton(s =>
        {
            var city = ChargingCity.Of(Contracts.Cities.City.Load(s.GetRequiredService<IOptions<CoreOptions>>().Value.CityFile));
            DayOrTime.Use(city.TimeZone);
            return city;
        });
        return services.AddSingleton<IDatabaseSeed, CitySeed>().AddSingleton<IDatabaseSeed, ZoneSeed>().AddSingleton<IDatabaseSeed, StationSeed>();
    }

    public static IEndpointRouteBuilder MapStations(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/stations", ListAsync).WithTags("Stations").WithSummary("Every station with today's zones and its cameras").RequireAuthorization(Scope.LiveRead).ForLimited();
        app.MapGet("/api/city", City).WithTags("Stations").WithSummary("The city that this core charges").RequireAuthorization(SignedIn.Policy).ForLimited();
        return app.MapZones().MapCameraPictures().MapStationSetup().MapCameraSetup();
    }

    private static Ok<CityView> City(IOptions<CoreOptions> options, IOptions<FaceOptions> faces)
    {
        var city = Contracts.Cities.City.Load(options.Value.CityFile);
        return TypedResults.Ok(new CityView(city.Id, city.Name, city.Country, city.TimeZone, city.Currency, faces.Value.Enabled));
    }

    private static async Task<Ok<IReadOnlyList<StationView>>> ListAsync(ClaimsPrincipal user, NpgsqlDataSource dataSource, ChargingCity city, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select s.id, s.name, s.latitude, s.longitude,
                   array(select distinct zone from station_zones z where z.station_id = s.id and $1 >= z.from_day and $1 < z.to_day order by zone),
                   coalesce((select jsonb_agg(jsonb_build_object('id', c.id, 'lane', c.lane, 'direction', c.direction) order by c.id) from cameras c where c.station_id = s.id and c.state = 'active'), '[]')::text
            from stations s where s.retired_at is null and ($2::text[] is null or s.id = any($2)) order by s.id
            """);
        command.Parameters.Add(new() { Value = city.Today(time) });
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        var stations = await command.ReadAllAsync(
            r => new StationView
            {
                Id = r.GetString(0),
                Name = r.GetString(1),
                Latitude = r.GetDouble(2),
                Longitude = r.GetDouble(3),
                Zones = r.GetFieldValue<string[]>(4),
                Cameras = JsonSerializer.Deserialize<CameraView[]>(r.GetString(5), JsonSerializerOptions.Web)!,
            },
            cancellationToken);
        return TypedResults.Ok<IReadOnlyList<StationView>>(stations);
    }
}
