namespace SmartCity.Contracts.Api;

/// <summary>What somebody noted of a vehicle or of a station.</summary>
public sealed record NoteView(Guid Id, DateTimeOffset At, string By, string Text);

/// <summary>The body of <c>POST /api/notes</c>: one of plate, station and alert is given; with an alert it is a note on its vehicle.</summary>
public sealed record NewNote(string? Text, string? Plate = null, string? StationId = null, Guid? AlertId = null);

/// <summary>The body of <c>POST /api/notes/search</c>.</summary>
public sealed record NotesAsked(string? Plate);
