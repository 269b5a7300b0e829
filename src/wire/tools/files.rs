//! Files: read, write, edit.

use crate::wire::json::RawJson;
use crate::wire::replies::files::Hunk;

tool! {
    /// Reads a file: text, an image, a notebook or a PDF.
    pub enum Read = "Read": ReadInput -> ReadOutput;
}

tool! {
    /// Writes a whole file.
    pub enum Write = "Write": WriteInput -> WriteOutput;
}

tool! {
    /// Replaces a text in a file.
    pub enum Edit = "Edit": EditInput -> EditOutput;
}

tool! {
    /// Changes a cell of a Jupyter notebook.
    pub enum NotebookEdit = "NotebookEdit": NotebookEditInput -> NotebookEditOutput;
}

object! {
    /// The input of `Read` (CLI 2.1.329).
    pub struct ReadInput {
        /// The file; an absolute path.
        pub file_path: String = "file_path",
        /// The first line.
        pub offset: Option<u64> = "offset" declared,
        /// How many lines.
        pub limit: Option<u64> = "limit" declared,
        /// The pages of a PDF, such as `1-5`.
        pub pages: Option<String> = "pages" declared,
        /// True to read a text over the usual size.
        pub allow_large: Option<bool> = "allow_large" declared,
    }
}

object! {
    /// The output of `Read` (CLI 2.1.329). Which fields of `file` there are depends on `type`.
    pub struct ReadOutput {
        /// What was read.
        pub kind: ReadKind = "type",
        /// The file.
        pub file: ReadFile = "file",
        /// The number of the first page of `parts`.
        pub first_page: Option<u64> = "firstPage" declared,
        /// The pages of `parts`; not written by the CLI, which sends them as blocks.
        pub pages: Option<Vec<ReadPage>> = "pages" declared,
        /// The artifact whose source this is.
        pub artifact_read: Option<ArtifactRead> = "artifactRead" declared,
    }
}

object! {
    /// A page of a PDF, as an image (an item of `pages`, CLI 2.1.332, declared, not seen).
    pub struct ReadPage {
        /// The image; empty for a page that could not be processed.
        pub base64: String = "base64" declared,
        /// The media type of the image, such as `image/png`.
        pub media_type: String = "mediaType" declared,
        /// Why there is no image.
        pub error: Option<String> = "error" declared,
    }
}

open_enum! {
    /// What was read (`type` in the output of `Read`).
    pub enum ReadKind {
        /// Lines of a text: `content` and the numbers of lines.
        Text = "text",
        /// An image: `base64`, `type`, `originalSize`, `dimensions`.
        Image = "image",
        /// A notebook: `cells`.
        Notebook = "notebook",
        /// A PDF: `base64`, `originalSize`.
        Pdf = "pdf",
        /// Pages of a PDF, as images in a folder: `count`, `outputDir`.
        Parts = "parts",
    }
}

object! {
    /// A file that was read (`file` in the output of `Read`, CLI 2.1.329).
    pub struct ReadFile {
        /// Its path; absent for an image.
        pub file_path: Option<String> = "filePath",
        /// The lines that were read.
        pub content: Option<String> = "content",
        /// How many lines were read.
        pub num_lines: Option<u64> = "numLines",
        /// The number of the first of them.
        pub start_line: Option<u64> = "startLine",
        /// How many lines the file has.
        pub total_lines: Option<u64> = "totalLines",
        /// True if a whole file was asked for, and only its first part fits.
        pub truncated_by_token_cap: Option<bool> = "truncatedByTokenCap" v2_1_332,
        /// The data of an image or a PDF.
        pub base64: Option<String> = "base64" v2_1_332,
        /// The media type of an image.
        pub media_type: Option<String> = "type" v2_1_332,
        /// The size of the file, in bytes.
        pub original_size: Option<f64> = "originalSize" v2_1_332,
        /// The size of an image, in pixels.
        pub dimensions: Option<ImageDimensions> = "dimensions" v2_1_332,
        /// The cells of a notebook.
        pub cells: Option<Vec<RawJson>> = "cells" v2_1_332,
        /// How many pages of a PDF.
        pub count: Option<u64> = "count" declared,
        /// The folder with their images.
        pub output_dir: Option<String> = "outputDir" declared,
    }
}

object! {
    /// The size of an image, in pixels (`dimensions`, CLI 2.1.332).
    pub struct ImageDimensions {
        /// The width of the file's image.
        pub original_width: Option<f64> = "originalWidth" v2_1_332,
        /// Its height.
        pub original_height: Option<f64> = "originalHeight" v2_1_332,
        /// The width that the model sees.
        pub display_width: Option<f64> = "displayWidth" v2_1_332,
        /// The height that the model sees.
        pub display_height: Option<f64> = "displayHeight" v2_1_332,
    }
}

object! {
    /// An artifact that a read completed (`artifactRead`, CLI 2.1.329, declared, not seen).
    pub struct ArtifactRead {
        /// The artifact.
        pub slug: String = "slug" declared,
        /// Its version.
        pub ver: Option<String> = "ver" declared,
        /// False if the read may not stand for one of the source.
        pub seeded: Option<bool> = "seeded" declared,
    }
}

object! {
    /// The input of `Write` (CLI 2.1.329).
    pub struct WriteInput {
        /// The file; an absolute path.
        pub file_path: String = "file_path",
        /// What it will contain.
        pub content: String = "content",
    }
}

object! {
    /// The output of `Write` (CLI 2.1.329).
    pub struct WriteOutput {
        /// Whether the file is new.
        pub kind: WriteKind = "type",
        /// The file.
        pub file_path: String = "filePath",
        /// What it contains now.
        pub content: String = "content",
        /// The changes; none for a new file.
        pub structured_patch: Vec<Hunk> = "structuredPatch" required,
        /// What it contained; `None` for a new file.
        pub original_file: Option<String> = "originalFile",
        /// The same change, as git sees it.
        pub git_diff: Option<GitDiff> = "gitDiff" declared,
        /// True if the user changed the content before it was written.
        pub user_modified: Option<bool> = "userModified",
        /// True if the change waits for a review.
        pub staged: Option<bool> = "staged" declared,
    }
}

open_enum! {
    /// Whether a written file is new (`type` in the output of `Write`).
    pub enum WriteKind {
        Create = "create",
        Update = "update",
    }
}

object! {
    /// The input of `Edit` (CLI 2.1.329).
    pub struct EditInput {
        /// The file; an absolute path.
        pub file_path: String = "file_path",
        /// The text to replace.
        pub old_string: String = "old_string",
        /// What replaces it.
        pub new_string: String = "new_string",
        /// True to replace it wherever it is.
        pub replace_all: Option<bool> = "replace_all",
    }
}

object! {
    /// The output of `Edit` (CLI 2.1.329).
    pub struct EditOutput {
        /// The file.
        pub file_path: String = "filePath",
        /// The text that was replaced.
        pub old_string: String = "oldString",
        /// What replaced it.
        pub new_string: String = "newString",
        /// What the file contained; `None` for a new file.
        pub original_file: Option<String> = "originalFile",
        /// The changes.
        pub structured_patch: Vec<Hunk> = "structuredPatch" required,
        /// True if the user changed the edit before it was made.
        pub user_modified: bool = "userModified",
        /// True if it was replaced wherever it was.
        pub replace_all: bool = "replaceAll",
        /// The same change, as git sees it.
        pub git_diff: Option<GitDiff> = "gitDiff" declared,
        /// True if the change waits for a review.
        pub staged: Option<bool> = "staged" declared,
    }
}

object! {
    /// The change of a file, as git sees it (`gitDiff`, CLI 2.1.329, declared, not seen).
    pub struct GitDiff {
        /// The file.
        pub filename: String = "filename" declared,
        /// `modified` or `added`.
        pub status: String = "status" declared,
        /// How many lines were added.
        pub additions: u64 = "additions" declared,
        /// How many lines were removed.
        pub deletions: u64 = "deletions" declared,
        /// The sum of both.
        pub changes: u64 = "changes" declared,
        /// The patch.
        pub patch: String = "patch" declared,
        /// The repository, as `owner/name`.
        pub repository: Option<String> = "repository" declared,
    }
}

object! {
    /// The input of `NotebookEdit` (CLI 2.1.332).
    pub struct NotebookEditInput {
        /// The notebook; an absolute path.
        pub notebook_path: String = "notebook_path" v2_1_332,
        /// The cell; a new one comes after it, and without it at the start.
        pub cell_id: Option<String> = "cell_id" v2_1_332,
        /// What the cell will contain.
        pub new_source: String = "new_source" v2_1_332,
        /// The kind of cell.
        pub cell_type: Option<NotebookCellType> = "cell_type" v2_1_332,
        /// What to do; replace if absent.
        pub edit_mode: Option<NotebookEditMode> = "edit_mode" v2_1_332,
    }
}

open_enum! {
    /// The kind of a notebook's cell (`cell_type`).
    pub enum NotebookCellType {
        Code = "code",
        Markdown = "markdown",
    }
}

open_enum! {
    /// What is done with a notebook's cell (`edit_mode`).
    pub enum NotebookEditMode {
        Replace = "replace",
        Insert = "insert",
        Delete = "delete",
    }
}

object! {
    /// The output of `NotebookEdit` (CLI 2.1.332).
    pub struct NotebookEditOutput {
        /// What the cell contains now.
        pub new_source: String = "new_source" v2_1_332,
        /// What it contained.
        pub old_source: Option<String> = "old_source" v2_1_332,
        /// The cell.
        pub cell_id: Option<String> = "cell_id" v2_1_332,
        /// The kind of cell.
        pub cell_type: NotebookCellType = "cell_type" v2_1_332,
        /// The notebook's language.
        pub language: String = "language" v2_1_332,
        /// What was done.
        pub edit_mode: NotebookEditMode = "edit_mode" v2_1_332,
        /// What went wrong; empty if nothing did.
        pub error: Option<String> = "error" v2_1_332,
        /// The notebook.
        pub notebook_path: String = "notebook_path" v2_1_332,
        /// The notebook before.
        pub original_file: String = "original_file" v2_1_332,
        /// The notebook now.
        pub updated_file: String = "updated_file" v2_1_332,
    }
}
