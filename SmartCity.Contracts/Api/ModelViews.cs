using SmartCity.Contracts.Models;

namespace SmartCity.Contracts.Api;

/// <summary>Everything that the Models page shows, <c>GET /api/models</c>.</summary>
/// <param name="Edges">What the edges' last heartbeats say.</param>
/// <param name="CannotSign">Why nothing can be released; null if the core has a signing key.</param>
/// <param name="CannotTrain">Why no training can run here; null if one can.</param>
public sealed record ModelsView(
    IReadOnlyList<ModelVersionView> Versions,
    IReadOnlyList<ModelRolloutView> Rollouts,
    IReadOnlyList<ModelAtStation> Edges,
    IReadOnlyList<DatasetView> Datasets,
    IReadOnlyList<TrainingView> Trainings,
    LearningView Learning,
    string? CannotSign,
    string? CannotTrain);

/// <param name="Aliases">champion, challenger, previous.</param>
/// <param name="Judgement">The newest; null if it was never judged.</param>
public sealed record ModelVersionView(ModelManifest Manifest, string ManifestSha256, bool IsSigned, IReadOnlyList<string> Aliases, DateTimeOffset CreatedAt, string CreatedBy, ModelJudgement? Judgement);

/// <summary>What the core measured of a version beside another, on the same pictures.</summary>
/// <param name="Dataset">Digest of the dataset whose hold-out was read; null if there was none.</param>
public sealed record ModelJudgement(string Against, string? Dataset, bool Passed, IReadOnlyList<ModelGate> Gates, IReadOnlyList<ModelFigures> Figures, DateTimeOffset At);

/// <param name="Why">The figures and the limit, in plain English.</param>
public sealed record ModelGate(string Name, bool Passed, string Why);

/// <summary>Shares (0–1) on one set of pictures or a slice of it, of the version and of the one before.</summary>
/// <param name="Set">hold-out or rendered.</param>
/// <param name="Slice">all, or what the pictures have in common, such as <c>country GB</c>.</param>
/// <param name="Before">Of the version that it is held against.</param>
/// <param name="Low">Lower end of the 95 % interval of how much more of the plates it reads rightly, by a paired bootstrap; null for slices.</param>
/// <param name="High">Upper end.</param>
/// <param name="LeastRight">Lower end of the 95 % interval of <see cref="ModelMeasure.Right"/> of the version that it is held against; null for slices.</param>
public sealed record ModelFigures(string Set, string Slice, int Plates, ModelMeasure Before, ModelMeasure After, double? Low, double? High, double? LeastRight);

/// <param name="Right">Whole plates read rightly, O and 0 and I and 1 being the same.</param>
/// <param name="WrongSure">Read wrongly with a confidence of 0.9 or more.</param>
/// <param name="Abstained">Not given as read.</param>
/// <param name="CalibrationError">Mean distance of confidence and truth, over ten bins.</param>
/// <param name="P95Milliseconds">95th percentile of the time for a plate; null for slices.</param>
/// <param name="InGrammar">Read in a shape that some country gives out; null in judgements from before this was counted.</param>
public sealed record ModelMeasure(double Right, double WrongSure, double Abstained, double CalibrationError, double? P95Milliseconds, double? InGrammar = null);

/// <summary>What a version and the one that it was judged beside read of the hold-out, <c>GET /api/models/{id}/readings</c>.</summary>
/// <param name="Plates">How many were read.</param>
/// <param name="Lost">Read rightly before and wrongly now.</param>
/// <param name="Gained">Read wrongly before and rightly now.</param>
/// <param name="Changed">Read differently, rightly or not.</param>
/// <param name="Readings">Those that were asked for: lost ones first, then gained ones, then those that both misread.</param>
public sealed record ModelComparison(string Version, string Against, DateTimeOffset JudgedAt, int Plates, int Lost, int Gained, int Changed, IReadOnlyList<ModelReadingView> Readings) : IRows
{
    int IRows.Rows => Readings.Count;
}

/// <param name="Plate">What people decided that it says.</param>
/// <param name="Before">What the version that it is held against reads, without grammars.</param>
public sealed record ModelReadingView(
    Guid SightingId, DateTimeOffset CapturedAt, string StationId, string CameraId, string Plate, string? Country, string Before, double BeforeConfidence, bool BeforeRight, string After, double AfterConfidence, bool AfterRight);

/// <summary>A version on its way to the edges.</summary>
/// <param name="State">running, paused, done, rolled-back.</param>
/// <param name="Ring">0, 1, 2.</param>
/// <param name="RingName">one station, a quarter, all.</param>
/// <param name="Stations">Stations of the rings so far.</param>
/// <param name="Waiting">What the next ring waits for, in plain English; null if it is over.</param>
public sealed record ModelRolloutView(Guid Id, string Kind, string Version, string Before, string State, int Ring, string RingName, IReadOnlyList<string> Stations, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Reason, string? Waiting);

public sealed record ModelAtStation(string StationId, ModelHeartbeat Model, DateTimeOffset At);

/// <summary>A dataset that was frozen: the digest is over what lies in it.</summary>
/// <param name="Erased">Items that were erased since: the dataset is then no more what its digest says.</param>
public sealed record DatasetView(string Digest, DateTimeOffset CreatedAt, string CreatedBy, int Items, int Erased, DatasetCounts Counts);

public sealed record DatasetCounts(int Train, int Validation, int HoldOut, IReadOnlyDictionary<string, int> Countries, IReadOnlyDictionary<string, int> Cameras, IReadOnlyDictionary<string, int> Sources);

/// <summary>What people's decisions have brought in for training.</summary>
/// <param name="New">Items that are in no dataset yet.</param>
/// <param name="Suspects">The reader was sure and a person says otherwise.</param>
/// <param name="PassedOver">Decisions that are no items: no plate, or its picture is gone.</param>
public sealed record LearningView(int Items, int New, int Suspects, long PassedOver);

/// <summary>The body of <c>POST /api/models/trainings</c>.</summary>
/// <param name="Dataset">Digest; null freezes what there is.</param>
/// <param name="Minutes">0.1 to 1440; null for the setting.</param>
/// <param name="Steps">Ends after so many steps instead; null for the minutes.</param>
public sealed record NewTraining(string? Dataset = null, double? Minutes = null, int? Steps = null, double? Rate = null, int? Seed = null);

/// <param name="State">waiting, running, done, failed, cancelled.</param>
/// <param name="Share">0–1.</param>
/// <param name="Log">The last lines.</param>
/// <param name="Version">What came out; null until it is done.</param>
public sealed record TrainingView(Guid Id, string Kind, string Dataset, string Parent, string State, double Share, string? Detail, string Log, string StartedBy, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, string? Version);

/// <summary>The body of <c>POST /api/models/{id}/promote</c>.</summary>
/// <param name="OverrideOf">Name of another administrator who has asked for a version that did not pass to be promoted all the same; the caller agrees with them.</param>
public sealed record ModelPromotion(string? OverrideOf = null);
