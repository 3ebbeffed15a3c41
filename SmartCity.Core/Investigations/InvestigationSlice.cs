using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Packages;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Investigations;

/// <summary>Investigations: what people gather for one matter, with an owner and a retention of its own.</summary>
internal static class InvestigationSlice
{
    public static IServiceCollection AddInvestigations(this IServiceCollection services) =>
        services.AddSingleton<InvestigationStore>().AddSingleton<InvestigationRetention>().AddHostedService(provider => provider.GetRequiredService<InvestigationRetention>());

    public static IEndpointRouteBuilder MapInvestigations(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/investigations").WithTags("Investigations").RequireAuthorization(Scope.InvestigationsRead);
        group.MapGet("", ListAsync).WithSummary("Investigations, newest first; state is open or closed");
        group.MapGet("{id:guid}", GetAsync).WithSummary("One investigation with its items, notes and files").Audited("investigations.read").AuditAbout((InvestigationDetail d) => (d.Investigation.Title, null));
        group.MapGet("{id:guid}/pictures/{**key}", PictureAsync).WithSummary("A picture that was copied into the investigation, by the key of the original").Audited("investigations.picture");
        group.MapGet("{id:guid}/files/{file:guid}", FileAsync).WithSummary("A file of an investigation").Audited("investigations.file");
        var write = group.MapGroup("").RequireAuthorization(Scope.InvestigationsWrite);
        write.MapPost("", AddAsync).WithSummary("Opens an investigation; whoever opens it owns it").Audited("investigations.open", recordBody: true).AuditAbout((InvestigationView v) => ($"{v.Id} {v.Title}", null));
        write.MapPut("{id:guid}", ChangeAsync).WithSummary("Changes title, purpose, owner, state and the last day on which it is kept; a reason is required").RequireReason("investigations.change").AuditAbout((InvestigationView v) => ($"{v.Title}, {v.State}, owner {v.Owner}, kept until {v.KeepUntil:yyyy-MM-dd}", null));
        write.MapPost("{id:guid}/items", AddItemAsync).WithSummary("Copies a sighting, an alert or a charge with its pictures into an investigation").Audited("investigations.add", recordBody: true).AuditAbout((NewInvestigationItem i) => ($"{i.Kind} {i.Id}", i.Note));
        write.MapDelete("{id:guid}/items/{kind}/{item:guid}", RemoveItemAsync).WithSummary("Takes an item out; a reason is required").RequireReason("investigations.remove");
        write.MapPost("{id:guid}/notes", AddNoteAsync).WithSummary("Adds a note, which stays as it is").Audited("investigations.note");
        write.MapPost("{id:guid}/files", AddFileAsync).WithSummary($"Adds a file of at most {InvestigationFile.MostBytes >> 20} MB: the body is its content, name its name").Accepts<byte[]>("application/octet-stream").DisableAntiforgery().Audited("investigations.file.add").AuditAbout((InvestigationFile f) => ($"{f.Name} {f.Sha256}", null));
        app.MapGet("/api/packages/investigations/{id:guid}", PackageAsync).WithTags("Evidence packages").WithSummary("Everything in an investigation, as a ZIP with a signed manifest; a reason is required")
            .RequireAuthorization(Scope.EvidenceExport).RequireAuthorization(Scope.InvestigationsRead).RequireReason("packages.investigation").Produces(StatusCodes.Status200OK, contentType: EvidencePackages.ContentType);
        return app;
    }

    private static async Task<Results<Ok<Page<InvestigationView>>, ProblemHttpResult>> ListAsync(InvestigationStore store, CancellationToken cancellationToken, string? state = null, Cursor? after = null, int limit = Paging.DefaultLimit) =>
        Paging.CheckLimit(limit) is { } problem ? problem
        : state is not (null or InvestigationRules.Open or InvestigationRules.Closed) ? Paging.Problem("state must be open or closed.")
        : TypedResults.Ok(Paging.ToPage(await store.ListAsync(state, after, limit + 1, cancellationToken), limit, i => new Cursor(i.OpenedAt, i.Id)));

    private static async Task<Results<Ok<InvestigationDetail>, NotFound>> GetAsync(Guid id, InvestigationStore store, CancellationToken cancellationToken) =>
        await store.DetailAsync(id, cancellationToken) is { } found ? TypedResults.Ok(found) : TypedResults.NotFound();

    private static async Task<Results<Created<InvestigationView>, ProblemHttpResult>> AddAsync(NewInvestigation body, ClaimsPrincipal user, InvestigationStore store, AuditedChange change, ChargingCity city, TimeProvider time, CancellationToken cancellationToken)
    {
        var by = user.Identity!.Name!;
        if (InvestigationRules.Check(new InvestigationChange(body.Title, body.Purpose, body.Reference, by, InvestigationRules.Open, body.KeepUntil), city.Today(time)) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var added = await store.AddAsync(body, by, change, cancellationToken);
        return TypedResults.Created($"/api/investigations/{added.Id}", added);
    }

    private static async Task<Results<Ok<InvestigationView>, NotFound, ProblemHttpResult>> ChangeAsync(Guid id, InvestigationChange body, InvestigationStore store, AuditedChange change, ChargingCity city, TimeProvider time, CancellationToken cancellationToken) =>
        InvestigationRules.Check(body, city.Today(time)) is { } wrong ? Paging.Problem(wrong)
        : await store.ChangeAsync(id, body, change, cancellationToken) is { } changed ? TypedResults.Ok(changed) : TypedResults.NotFound();

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> AddItemAsync(Guid id, NewInvestigationItem body, HttpContext http, History history, SightingQueries sightings, InvestigationStore store, AuditedChange change, CancellationToken cancellationToken)
    {
        if (body.Kind is not { } kind || !InvestigationRules.Kinds.Contains(kind))
        {
            return Paging.Problem($"kind must be one of {string.Join(", ", InvestigationRules.Kinds)}.");
        }

        if (body.Note?.Length > InvestigationRules.LongestNote)
        {
            return Paging.Problem($"note has {body.Note.Length} characters; at most {InvestigationRules.LongestNote} are allowed.");
        }

        if (await RefuseAsync(id, store, cancellationToken) is { } refused)
        {
            return refused;
        }

        // Whoever adds something may see it by itself.
        if (await MayNotSeeAsync(id, kind, body.Id, http, history, sightings, cancellationToken) is { } hidden)
        {
            return hidden;
        }

        return await store.AddItemAsync(id, body, http.User.Identity!.Name!, change, cancellationToken) switch
        {
            true => TypedResults.NoContent(),
            false => TypedResults.NotFound(),
            null => Refuse(await store.FindAsync(id, cancellationToken)),
        };
    }

    private static async Task<ProblemHttpResult?> MayNotSeeAsync(Guid id, string kind, Guid item, HttpContext http, History history, SightingQueries sightings, CancellationToken cancellationToken)
    {
        var scope = kind switch { InvestigationRules.Charge => Scope.ChargesRead, InvestigationRules.Alert => Scope.AlertsRead, _ => Scope.LiveRead };
        if (!http.User.HasClaim(Scope.Claim, scope))
        {
            return TypedResults.Problem($"Adding a {kind} needs the scope {scope}.", statusCode: StatusCodes.Status403Forbidden);
        }

        return kind == InvestigationRules.Sighting && await sightings.FindAsync(item, cancellationToken) is { } sighting && history.IsPast(sighting.CapturedAt) && history.IsPast(sighting.StoredAt)
            ? await history.LookAsync(http, "investigations.look", $"{id} {item} {sighting.Plate}".TrimEnd(), [item], sighting.PassageId, cancellationToken)
            : null;
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> RemoveItemAsync(Guid id, string kind, Guid item, InvestigationStore store, AuditedChange change, CancellationToken cancellationToken) =>
        await store.RemoveItemAsync(id, kind, item, change, cancellationToken) switch
        {
            true => TypedResults.NoContent(),
            false => TypedResults.NotFound(),
            null => Refuse(await store.FindAsync(id, cancellationToken)),
        };

    private static async Task<Results<NoContent, ProblemHttpResult>> AddNoteAsync(Guid id, NewInvestigationNote body, ClaimsPrincipal user, InvestigationStore store, AuditedChange change, CancellationToken cancellationToken)
    {
        if (body.Text?.Trim() is not { Length: > 0 and <= InvestigationRules.LongestNote } text)
        {
            return Paging.Problem($"text must have 1 to {InvestigationRules.LongestNote} characters.");
        }

        return await store.AddNoteAsync(id, text, user.Identity!.Name!, change, cancellationToken) ? TypedResults.NoContent() : Refuse(await store.FindAsync(id, cancellationToken));
    }

    private static async Task<Results<Ok<InvestigationFile>, ProblemHttpResult>> AddFileAsync(Guid id, HttpContext http, InvestigationStore store, AuditedChange change, CancellationToken cancellationToken, string? name = null)
    {
        if (Path.GetFileName(name?.Replace('\\', '/'))?.Trim() is not { Length: > 0 and <= 200 } given || given.Any(char.IsControl))
        {
            return Paging.Problem("name must have 1 to 200 characters: the file's name.");
        }

        if (await RefuseAsync(id, store, cancellationToken) is { } refused)
        {
            return refused;
        }

        using var content = new MemoryStream();
        var buffer = new byte[81_920];
        while (await http.Request.Body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (content.Length + read > InvestigationFile.MostBytes)
            {
                return TypedResults.Problem($"The file is larger than {InvestigationFile.MostBytes >> 20} MB.", statusCode: StatusCodes.Status413PayloadTooLarge);
            }

            content.Write(buffer, 0, read);
        }

        return content.Length == 0 ? Paging.Problem("The file is empty.")
            : await store.AddFileAsync(id, given, content.GetBuffer().AsMemory(0, (int)content.Length), http.User.Identity!.Name!, change, cancellationToken) is { } added ? TypedResults.Ok(added)
            : Refuse(await store.FindAsync(id, cancellationToken));
    }

    private static async Task<Results<FileContentHttpResult, NotFound, ProblemHttpResult>> FileAsync(Guid id, Guid file, InvestigationStore store, CancellationToken cancellationToken)
    {
        if ((await store.DetailAsync(id, cancellationToken))?.Files.FirstOrDefault(f => f.Id == file) is not { } found || await store.ReadFileAsync(id, file, cancellationToken) is not { } content)
        {
            return TypedResults.NotFound();
        }

        return Convert.ToHexStringLower(SHA256.HashData(content)) == found.Sha256
            ? TypedResults.Bytes(content, "application/octet-stream", found.Name)
            : TypedResults.Problem("The file in the object store is not the one that was added: its SHA-256 differs.", statusCode: StatusCodes.Status409Conflict, title: "The file was changed");
    }

    private static async Task<Results<FileContentHttpResult, NotFound, ProblemHttpResult>> PictureAsync(Guid id, string key, HttpResponse response, InvestigationStore store, EvidenceChecks checks, CancellationToken cancellationToken)
    {
        if (EvidenceEndpoints.Key(key) is not { } evidence || await store.FindAsync(id, cancellationToken) is null || await store.ReadPictureAsync(id, evidence, cancellationToken) is not { } picture)
        {
            return TypedResults.NotFound();
        }

        if (await store.PictureSha256Async(id, evidence, cancellationToken) is { } sha256 && !await checks.IsOriginalAsync(InvestigationStore.CopyKey(id, evidence), picture, Convert.FromHexString(sha256)))
        {
            response.Headers.CacheControl = "no-store";
            return TypedResults.Problem("The copy of the picture is not what it was: its SHA-256 differs. It is not shown, and the audit has a line about it.", statusCode: StatusCodes.Status409Conflict, title: "The picture was changed");
        }

        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Bytes(picture, "image/jpeg");
    }

    private static async Task<Results<FileStreamHttpResult, NotFound, ProblemHttpResult>> PackageAsync(Guid id, InvestigationStore store, EvidencePackages packages, HttpContext http, CancellationToken cancellationToken)
    {
        if (packages.Missing is { } why)
        {
            return PackageSlice.NoKey(why);
        }

        if (await store.DetailAsync(id, cancellationToken) is not { } detail)
        {
            return TypedResults.NotFound();
        }

        if (packages.TooMany(detail.Items.Count + detail.Files.Count) is { } many)
        {
            return PackageSlice.TooLarge(many);
        }

        var order = new PackageOrder($"investigation {id}", $"Evidence of an investigation: {detail.Investigation.Title}", await store.RecordsAsync(id, cancellationToken), http.User.Identity!.Name!, AuditFilter.ReasonOf(http))
        {
            About = id,
            Since = detail.Investigation.OpenedAt,
            Copies = InvestigationStore.Prefix(id),
            Head = text => InvestigationText.Sections(detail, text),
            Files = [.. detail.Files.Select((f, i) => new OrderedFile(InvestigationText.FileName(f, i), f.Sha256, token => store.ReadFileAsync(id, f.Id, token)))],
        };
        return await PackageSlice.SendAsync(order, $"investigation-{id}.zip", null, packages, http, cancellationToken);
    }

    // A closed investigation stays as it is.
    private static async Task<ProblemHttpResult?> RefuseAsync(Guid id, InvestigationStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is var found && found is { State: InvestigationRules.Open } ? null : Refuse(found);

    private static ProblemHttpResult Refuse(InvestigationView? found) => found is null
        ? TypedResults.Problem("There is no such investigation.", statusCode: StatusCodes.Status404NotFound)
        : TypedResults.Problem("The investigation is closed. Open it again to change what is in it.", statusCode: StatusCodes.Status409Conflict);
}
