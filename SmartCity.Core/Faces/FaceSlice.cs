using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Faces;

namespace SmartCity.Core.Faces;

/// <summary>Faces on a watch-list, within the law: short deployments that two people sign, and questions to reviewers. Off unless it is switched on.</summary>
internal static class FaceSlice
{
    public const string Tag = "Faces";

    public static IServiceCollection AddFaces(this IServiceCollection services)
    {
        services.AddOptions<FaceOptions>().BindConfiguration(FaceOptions.Section).ValidateDataAnnotations()
            .Validate(o => DescriptorCard.Names.Contains(o.Descriptor), $"Core:Faces:Descriptor must be one of {string.Join(", ", DescriptorCard.Names)}.").ValidateOnStart();
        services.AddSingleton<FaceKeys>().AddSingleton<FaceEnroller>().AddSingleton<FaceLists>().AddSingleton<FaceEntries>().AddSingleton<FaceEstimates>();
        services.AddSingleton<FaceDeployments>().AddSingleton<FaceExchanges>().AddSingleton<FaceMatches>().AddSingleton<FaceReports>();
        return services.AddSingleton<FaceWorker>().AddHostedService(provider => provider.GetRequiredService<FaceWorker>());
    }

    public static IEndpointRouteBuilder MapFaces(this IEndpointRouteBuilder app)
    {
        if (!app.ServiceProvider.GetRequiredService<IOptions<FaceOptions>>().Value.Enabled)
        {
            return app;
        }

        app.MapGet("/api/faces", SettingsAsync).WithTags(Tag).WithSummary("What holds for every deployment of facial recognition").RequireAuthorization(Scope.FacesRead);
        return app.MapFaceLists().MapFaceDeployments().MapFaceMatches().MapFaceReports().MapEdgeFaces();
    }

    private static async Task<Ok<FacesView>> SettingsAsync(FaceEnroller enroller, NpgsqlDataSource dataSource, IOptions<FaceOptions> options, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select s.id, s.name, c.id from cameras c join stations s on s.id = c.station_id where c.state = 'active' and s.retired_at is null order by s.name, c.id");
        var cameras = await command.ReadAllAsync(r => new FaceCamera(r.GetString(0), r.GetString(1), r.GetString(2)), cancellationToken);
        var set = options.Value;
        return TypedResults.Ok(new FacesView(enroller.Card.Name, enroller.Missing, enroller.Card.Threshold, set.MostEntries, set.MostFalseAlertsAnHour, set.Undecided, set.KeepConfirmed, cameras));
    }

    /// <summary>What was asked is not possible as things are: 409 with why.</summary>
    public static ProblemHttpResult Conflict(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status409Conflict);
}
